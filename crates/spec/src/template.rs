//! The templates of a `harness.toml`: values filled into texts, and parts that are left out.
//!
//! A harness is somebody else's: what its templates may do is little enough that none runs without end or fills the
//! memory. There are expressions, `{% if %}` and `{% raw %}`; there are no loops, assignments, macros and
//! multiplications, of which a few lines make more than any machine holds.

use std::io;

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value,
    machinery::{Token, tokenize},
    syntax::SyntaxConfig,
    value::Serde,
};
use serde::Serialize;

/// Most steps of one template; each expression takes a few.
const FUEL: u64 = 20_000;
/// Longest text that comes of one, in bytes.
const LONGEST: usize = 8 << 20;
/// Most `~` in one expression: each joins texts as long as an instruction is.
const JOINS: usize = 32;
/// Statements that there are.
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];

/// Why a text is no template, or cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It does what templates here do not.
    #[error("line {line}: {what}")]
    Refused {
        /// The line, from 1.
        line: usize,
        /// What it does.
        what: String,
    },
    /// It is wrong, or a value is missing.
    #[error(transparent)]
    Wrong(#[from] Error),
}

/// Looks a template over without filling it: its form, and the names it uses.
///
/// # Errors
/// What is wrong with it; `names` are those that it may use.
pub fn check(text: &str, names: &[&str]) -> Result<(), TemplateError> {
    refuse(text)?;
    let environment = environment();
    let unknown = environment.template_from_str(text)?.undeclared_variables(false);
    let mut unknown: Vec<_> = unknown.into_iter().filter(|name| !names.contains(&name.as_str())).collect();
    unknown.sort();
    match unknown.first() {
        None => Ok(()),
        Some(name) => {
            let line = text.lines().position(|line| line.contains(name.as_str())).map_or(1, |line| line + 1);
            let help = crate::nearest::help(name, "names here", names).unwrap_or_default();
            Err(TemplateError::Refused { line, what: format!("there is no `{name}`: {help}") })
        }
    }
}

/// Fills a template.
///
/// # Errors
/// As [`check`], and when it uses a name that `values` does not have, or grows too long.
pub fn render(text: &str, values: impl Serialize) -> Result<String, TemplateError> {
    refuse(text)?;
    let environment = environment();
    let mut filled = Bounded(Vec::new());
    environment.template_from_str(text)?.render_captured_to(Serde(&values), &mut filled)?;
    String::from_utf8(filled.0).map_err(|_| Error::new(ErrorKind::WriteFailure, "not UTF-8").into())
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("tojson", json);
    environment
}

/// `tojson`, which quotes: applied again and again, it would double each time.
fn json(value: &Value) -> Result<Value, Error> {
    let text = serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    if text.len() > LONGEST {
        return Err(Error::new(ErrorKind::InvalidOperation, "the text is too long"));
    }
    Ok(Value::from_safe_string(text))
}

fn refuse(text: &str) -> Result<(), TemplateError> {
    let (mut after_start, mut joins) = (false, 0);
    for token in tokenize(text, false, SyntaxConfig::default()) {
        let (token, span) = token?;
        let refused = |what: String| Err(TemplateError::Refused { line: span.start_line.into(), what });
        match token {
            Token::Ident(word) if after_start && !STATEMENTS.contains(&word) => {
                return refused(format!("templates have no `{word}` here: only `if` and `raw`"));
            }
            Token::Mul | Token::Pow => return refused("templates have no `*` here".to_owned()),
            Token::Tilde => joins += 1,
            Token::BlockStart | Token::VariableStart => joins = 0,
            _ => {}
        }
        if joins > JOINS {
            return refused(format!("more than {JOINS} `~` in one expression"));
        }
        after_start = matches!(token, Token::BlockStart);
    }
    Ok(())
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::other(format!("the text is longer than {LONGEST} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn filled(text: &str) -> Result<String, String> {
        let values = BTreeMap::from([("a", "say \"x\""), ("long", LONG)]);
        render(text, values).map_err(|error| error.to_string())
    }

    static LONG: &str = match std::str::from_utf8(&[b'"'; 1 << 20]) {
        Ok(text) => text,
        Err(_) => "",
    };

    #[test]
    fn values_are_filled_in_and_parts_left_out() {
        assert_eq!(filled("{{ a }}{% if not a %}x{% else %}y{% endif %}").unwrap(), "say \"x\"y");
        assert_eq!(filled("{{ (a ~ \"/v1\") | tojson }}").unwrap(), r#""say \"x\"/v1""#);
        assert_eq!(filled("{% raw %}{{ a * b }}{% for %}{% endraw %}").unwrap(), "{{ a * b }}{% for %}");
        assert_eq!(filled("{{ \"{% set x %} a ~ b * c\" }}").unwrap(), "{% set x %} a ~ b * c");
        assert_eq!(filled("{'a': {}}").unwrap(), "{'a': {}}");
    }

    #[test]
    fn nothing_runs_without_end_or_fills_the_memory() {
        let nested = format!("{{{{ long{} }}}}", " | tojson".repeat(200));
        let joined = format!("{{{{ long{} }}}}", " ~ long".repeat(40));
        let printed = "{{ long }}".repeat(20);
        let conditions = "{% if a %}{% endif %}".repeat(20_000);
        for hostile in [
            "{% for i in range(10000000000) %}x{% endfor %}",
            "{%- set x = a -%}",
            "{%+ macro m() %}{% endmacro %}",
            "{% include 'x' %}",
            "{{ 'x' * 100000000 }}",
            "{{ 9 ** 9 ** 9 }}",
            "{% for c in a recursive %}{% endfor %}",
            "{{ range(100) }}",
            "{{ a | replace('', 'xxx') }}",
            "{{ a.upper() }}",
            "{% if a %}",
            "{{ undefined }}",
            &nested,
            &joined,
            &printed,
            &conditions,
        ] {
            let error = filled(hostile).unwrap_err();
            assert!(!error.is_empty() && error.len() < 300, "{error}");
        }
    }

    #[test]
    fn unknown_names_are_told_with_their_line() {
        let error = check("x\n{{ modal }}", &["model", "token"]).unwrap_err().to_string();
        assert!(error.starts_with("line 2: there is no `modal`: did you mean `model`?"), "{error}");
        assert!(check("{% if model %}{{ token }}{% endif %}", &["model", "token"]).is_ok());
    }
}
