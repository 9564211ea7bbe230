//! Formula text to tree.

use super::formula::{Expression, Operator, PRICES, TOKENS, Variable};

/// Parentheses and signs within one another that a formula may have.
const DEPTH: u32 = 64;
/// Longest formula, in bytes.
const LENGTH: usize = 4096;

/// Why a text is no formula. Columns count characters from 1.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MeterError {
    /// Nothing was written.
    #[error("the meter is empty: write `total`, `fresh`, `price` or a formula")]
    Empty,
    /// A name that means nothing.
    #[error("column {column}: unknown name `{name}`{}", hint(.nearest))]
    UnknownName {
        /// Where it starts.
        column: usize,
        /// The name.
        name: String,
        /// A known name that is much like it.
        nearest: Option<&'static str>,
    },
    /// Something else was needed here.
    #[error("column {column}: expected {expected}, found {found}")]
    Unexpected {
        /// Where.
        column: usize,
        /// What was needed.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A divisor that tokens can make 0.
    #[error(
        "column {column}: divides by a number of tokens, which may be 0: divide by numbers and prices only"
    )]
    DividesByTokens {
        /// Where the divisor starts.
        column: usize,
    },
    /// Too long or too deeply nested.
    #[error("the meter is longer than {LENGTH} bytes or nested deeper than {DEPTH}")]
    TooLarge,
}

fn hint(nearest: &Option<&'static str>) -> String {
    match nearest {
        Some(name) => format!(", did you mean `{name}`?"),
        None => format!(": known are {} and {}", TOKENS.join(", "), PRICES.join(", ")),
    }
}

/// Parses `sum := product (('+'|'-') product)*`, `product := factor (('*'|'/') factor)*`,
/// `factor := '-' factor | number | name | '(' sum ')'`.
pub(super) fn parse(text: &str) -> Result<Expression, MeterError> {
    if text.trim().is_empty() {
        return Err(MeterError::Empty);
    }
    if text.len() > LENGTH {
        return Err(MeterError::TooLarge);
    }
    let mut parser = Parser { text: text.chars().collect(), at: 0, depth: 0 };
    let expression = parser.sum()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: u32,
}

impl Parser {
    fn sum(&mut self) -> Result<Expression, MeterError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some('+') => Operator::Add,
                Some('-') => Operator::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expression::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, MeterError> {
        let mut left = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some('*') => Operator::Multiply,
                Some('/') => Operator::Divide,
                _ => return Ok(left),
            };
            self.at += 1;
            self.skip_space();
            let column = self.at + 1;
            let right = self.factor()?;
            if operator == Operator::Divide && right.any(&|variable| matches!(variable, Variable::Tokens(_)))
            {
                return Err(MeterError::DividesByTokens { column });
            }
            if operator == Operator::Divide && right == Expression::Number(0.0) {
                return Err(MeterError::Unexpected {
                    column,
                    expected: "a divisor other than 0",
                    found: "0".into(),
                });
            }
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn factor(&mut self) -> Result<Expression, MeterError> {
        const EXPECTED: &str = "a number, a name or `(`";
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(MeterError::TooLarge);
        }
        let factor = match self.peek() {
            Some('-') => {
                self.at += 1;
                Expression::Negative(Box::new(self.factor()?))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.sum()?;
                if self.peek() != Some(')') {
                    return Err(self.unexpected("`)`"));
                }
                self.at += 1;
                inner
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number()?,
            Some(c) if c.is_alphabetic() || c == '_' => self.name()?,
            _ => return Err(self.unexpected(EXPECTED)),
        };
        self.depth -= 1;
        Ok(factor)
    }

    fn number(&mut self) -> Result<Expression, MeterError> {
        let start = self.at;
        let digits = self.word(|c| c.is_ascii_digit() || c == '.' || c == '_' || c == 'e' || c == 'E');
        match digits.replace('_', "").parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Expression::Number(number)),
            _ => Err(MeterError::Unexpected {
                column: start + 1,
                expected: "a number",
                found: format!("`{digits}`"),
            }),
        }
    }

    fn name(&mut self) -> Result<Expression, MeterError> {
        let column = self.at + 1;
        let name = self.word(|c| c.is_alphanumeric() || c == '_');
        let position = |names: &[&str]| names.iter().position(|known| *known == name);
        if let Some(index) = position(&TOKENS) {
            return Ok(Expression::Variable(Variable::Tokens(index)));
        }
        if let Some(index) = position(&PRICES) {
            return Ok(Expression::Variable(Variable::Price(index)));
        }
        let similar = TOKENS.iter().chain(&PRICES).map(|known| (*known, strsim::jaro_winkler(known, &name)));
        let nearest = similar.filter(|(_, likeness)| *likeness > 0.8).max_by(|a, b| a.1.total_cmp(&b.1));
        Err(MeterError::UnknownName { column, nearest: nearest.map(|(known, _)| known), name })
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|c| belongs(*c)) {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect()
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn unexpected(&mut self, expected: &'static str) -> MeterError {
        let found = self.peek().map_or("the end".to_owned(), |c| format!("`{c}`"));
        MeterError::Unexpected { column: self.at + 1, expected, found }
    }
}
