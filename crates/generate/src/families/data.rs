//! A report on a table: rows left out, grouped, added up and put in order, by rules that are drawn.
//!
//! Difficulty counts the rules beyond the first ones (quoting, and rows without an amount): 1, 3, 5, 7, 9.

use std::{collections::BTreeMap, fmt::Write};

use crate::{
    draw::Draw,
    problem::{Problem, Solution, Start, example, filled},
};

/// What the table is about: its rows, then its columns.
struct Theme {
    rows: &'static str,
    id: &'static str,
    day: &'static str,
    name: &'static str,
    count: &'static str,
    amount: &'static str,
}

const THEMES: [Theme; 3] = [
    Theme { rows: "orders", id: "order", day: "day", name: "customer", count: "pieces", amount: "amount" },
    Theme { rows: "repairs", id: "ticket", day: "date", name: "workshop", count: "hours", amount: "cost" },
    Theme {
        rows: "deliveries",
        id: "parcel",
        day: "handed_over",
        name: "carrier",
        count: "kilos",
        amount: "fee",
    },
];

const NAMES: [&str; 14] = [
    "Alder & Sons",
    "Brook, Hilda",
    "The \"Old\" Mill",
    "Quay 9",
    "Ferry, \"Blue\", Ltd",
    "Nils",
    "nils",
    "QUAY 9",
    "Orchard",
    "Pine-Street",
    "alder & sons",
    "Zephyr",
    "Brook, hilda",
    "Umber",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    HalfAway,
    HalfEven,
    TowardsZero,
}

/// The report; each field beyond the first two is a rule that may be in force, or be followed wrongly.
#[derive(Clone, Default)]
struct Report {
    /// Wrong: doubled quotes in a name stay doubled.
    keeps_quotes: bool,
    /// Wrong: rows without an amount count, as 0.
    counts_empty: bool,
    last_wins: Option<bool>,
    least_count: Option<i64>,
    since: Option<Since>,
    folds_case: bool,
    mean: Option<Rounding>,
    largest: Option<Largest>,
    least_rows: Option<usize>,
    order: Option<Order>,
    others: Option<Others>,
}

#[derive(Clone, Copy)]
struct Since {
    day: u32,
    included: bool,
}

#[derive(Clone, Copy)]
enum Largest {
    Amount,
    /// Wrong: the one farthest from zero.
    Distance,
}

#[derive(Clone, Copy)]
enum Order {
    Sum,
    /// Wrong: by the number of rows.
    Rows,
}

#[derive(Clone, Copy)]
struct Others {
    kept: usize,
    shown: bool,
}

const RULES: usize = 9;

struct Row {
    id: u32,
    day: u32,
    name: &'static str,
    count: i64,
    /// In hundredths.
    amount: Option<i64>,
}

/// Amounts of the rows of a group.
type Group = (String, Vec<i64>);

pub(crate) fn problem(difficulty: u32, draw: &mut Draw) -> Problem {
    let theme = &THEMES[draw.below(THEMES.len())];
    let rules = 2 * difficulty - 1;
    let mut order = draw.shuffled((0..RULES).collect());
    order.truncate(rules as usize);
    let mut right = Report::default();
    let mut slips = vec![
        ("keeps-doubled-quotes", Report { keeps_quotes: true, ..Report::default() }),
        ("counts-empty-amounts", Report { counts_empty: true, ..Report::default() }),
    ];
    order.sort_unstable();
    let chosen: Vec<Rule> = order.iter().map(|rule| Rule::draw(*rule, draw)).collect();
    for rule in &chosen {
        rule.follow(&mut right);
    }
    // Each wrong solution follows all rules but one.
    for (_, slip) in &mut slips {
        *slip = Report { keeps_quotes: slip.keeps_quotes, counts_empty: slip.counts_empty, ..right.clone() };
    }
    for at in draw.shuffled((0..chosen.len()).collect::<Vec<_>>()).into_iter().take(2) {
        let mut slipped = right.clone();
        slips.push((chosen[at].slip(&mut slipped), slipped));
    }

    let columns = draw.shuffled(vec![theme.id, theme.day, theme.name, theme.count, theme.amount]);
    let tables: Vec<Vec<Row>> = [0, 12, 60, 90, 150, 200].iter().map(|rows| table(*rows, draw)).collect();
    let inputs: Vec<_> = tables.iter().map(|table| text(table, &columns, theme, draw)).collect();
    let solved = |report: &Report| Solution {
        program: report.program(theme),
        outputs: tables.iter().map(|table| report.output(table)).collect(),
    };
    let told: String = chosen.iter().map(|rule| format!("- {}\n", rule.said(theme))).collect();
    let shown = table(14, draw);
    let example = example(&text(&shown, &columns, theme, draw), &right.output(&shown));
    Problem {
        description: format!("Write a report on {}: groups and sums by {} rules.", theme.rows, rules + 2),
        instruction: filled(
            include_str!("../../templates/data/instruction.md"),
            &[
                ("rows", theme.rows),
                ("columns", &columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
                ("id", theme.id),
                ("day", theme.day),
                ("name", theme.name),
                ("count", theme.count),
                ("amount", theme.amount),
                ("fields", &right.fields()),
                ("rules", &told),
            ],
        ),
        languages: &["any"],
        expert_minutes: 8 + 4 * difficulty,
        quantity: rules,
        program: "report",
        start: Start::InPlace,
        workspace: vec![("EXAMPLE", example)],
        solution: solved(&right),
        wrong: slips.iter().map(|(name, report)| (*name, solved(report))).collect(),
        inputs,
        given: None,
    }
}

/// A rule with its numbers.
#[derive(Clone, Copy)]
enum Rule {
    LastWins,
    LeastCount(i64),
    Since(u32),
    FoldsCase,
    Mean(Rounding, Rounding),
    Largest,
    LeastRows(usize),
    BySum,
    Others(usize),
}

impl Rule {
    fn draw(which: usize, draw: &mut Draw) -> Self {
        match which {
            0 => Self::LastWins,
            1 => Self::LeastCount(draw.between(2, 4)),
            2 => Self::Since(draw.below(15) as u32 + 3),
            3 => Self::FoldsCase,
            4 => {
                let ways = draw.shuffled(vec![Rounding::HalfAway, Rounding::HalfEven, Rounding::TowardsZero]);
                Self::Mean(ways[0], ways[1])
            }
            5 => Self::Largest,
            6 => Self::LeastRows(2 + draw.below(3)),
            7 => Self::BySum,
            _ => Self::Others(2 + draw.below(4)),
        }
    }

    fn follow(self, report: &mut Report) {
        match self {
            Self::LastWins => report.last_wins = Some(true),
            Self::LeastCount(least) => report.least_count = Some(least),
            Self::Since(day) => report.since = Some(Since { day, included: true }),
            Self::FoldsCase => report.folds_case = true,
            Self::Mean(rounding, _) => report.mean = Some(rounding),
            Self::Largest => report.largest = Some(Largest::Amount),
            Self::LeastRows(least) => report.least_rows = Some(least),
            Self::BySum => report.order = Some(Order::Sum),
            Self::Others(kept) => report.others = Some(Others { kept, shown: true }),
        }
    }

    /// Follows it wrongly, and says how.
    fn slip(self, report: &mut Report) -> &'static str {
        match self {
            Self::LastWins => {
                report.last_wins = Some(false);
                "first-one-counts"
            }
            Self::LeastCount(least) => {
                report.least_count = Some(least + 1);
                "leaves-out-the-least"
            }
            Self::Since(day) => {
                report.since = Some(Since { day, included: false });
                "begins-a-day-late"
            }
            Self::FoldsCase => {
                report.folds_case = false;
                "minds-case"
            }
            Self::Mean(_, other) => {
                report.mean = Some(other);
                "rounds-otherwise"
            }
            Self::Largest => {
                report.largest = Some(Largest::Distance);
                "without-sign"
            }
            Self::LeastRows(least) => {
                report.least_rows = Some(least + 1);
                "wants-a-row-more"
            }
            Self::BySum => {
                report.order = Some(Order::Rows);
                "by-number-of-rows"
            }
            Self::Others(kept) => {
                report.others = Some(Others { kept, shown: false });
                "no-others"
            }
        }
    }

    fn said(self, theme: &Theme) -> String {
        let Theme { rows, id, day, name, count, amount } = theme;
        match self {
            Self::LastWins => format!(
                "Several {rows} may have the same `{id}`: the last of them in the file replaces the earlier ones, before any other rule is applied."
            ),
            Self::LeastCount(least) => format!("{rows} with `{count}` below {least} are left out."),
            Self::Since(first) => format!("{rows} with a `{day}` before {} are left out.", date(first)),
            Self::FoldsCase => {
                format!("Values of `{name}` that differ only in case are one group, printed in lower case.")
            }
            Self::Mean(rounding, _) => format!(
                "The mean of `{amount}` has two decimals, {}.",
                match rounding {
                    Rounding::HalfAway => "rounded to the nearest, halves away from zero",
                    Rounding::HalfEven => "rounded to the nearest, halves to the even last digit",
                    Rounding::TowardsZero => "what is behind them cut off (towards zero)",
                }
            ),
            Self::Largest => {
                format!("The largest `{amount}` is the greatest number: -1.00 is larger than -2.00.")
            }
            Self::LeastRows(least) => format!("Groups of fewer than {least} {rows} are left out."),
            Self::BySum => format!(
                "Groups are in order of their sum, the greatest first; equal sums in order of `{name}`."
            ),
            Self::Others(kept) => format!(
                "Only the first {kept} groups have a line of their own. If there are more, one last line called `others` stands for all the remaining ones together."
            ),
        }
    }
}

impl Report {
    /// The fields of a line, as told.
    fn fields(&self) -> String {
        let mean = self.mean.map(|_| ", the mean");
        let largest = self.largest.map(|_| ", the largest");
        format!("their number, the sum{}{}", mean.unwrap_or_default(), largest.unwrap_or_default())
    }

    fn output(&self, table: &[Row]) -> String {
        let mut groups = self.groups(table);
        let sum = |group: &Group| group.1.iter().sum::<i64>();
        match self.order {
            Some(Order::Sum) => groups.sort_by_key(|group| -sum(group)),
            Some(Order::Rows) => groups.sort_by_key(|group| std::cmp::Reverse(group.1.len())),
            None => {}
        }
        if let Some(Others { kept, shown }) = self.others
            && groups.len() > kept
        {
            let rest = groups.split_off(kept);
            if shown {
                groups.push(("others".to_owned(), rest.into_iter().flat_map(|group| group.1).collect()));
            }
        }
        groups.iter().map(|group| self.line(group)).collect()
    }

    /// The groups there are, by name.
    fn groups(&self, table: &[Row]) -> Vec<Group> {
        let counts = |at: usize, row: &Row| {
            let same = |other: &Row| other.id == row.id;
            match self.last_wins {
                Some(true) => !table[at + 1..].iter().any(same),
                Some(false) => !table[..at].iter().any(same),
                None => true,
            }
        };
        let mut groups = BTreeMap::<String, Vec<i64>>::new();
        for (_, row) in table.iter().enumerate().filter(|(at, row)| counts(*at, row)) {
            let early = self
                .since
                .is_some_and(|since| row.day < since.day || (row.day == since.day && !since.included));
            let amount = row.amount.or(self.counts_empty.then_some(0));
            let (false, Some(amount)) =
                (early || self.least_count.is_some_and(|least| row.count < least), amount)
            else {
                continue;
            };
            let name = if self.keeps_quotes { row.name.replace('"', "\"\"") } else { row.name.to_owned() };
            let name = if self.folds_case { name.to_lowercase() } else { name };
            groups.entry(name).or_default().push(amount);
        }
        let enough = |group: &Group| self.least_rows.is_none_or(|least| group.1.len() >= least);
        groups.into_iter().filter(enough).collect()
    }

    fn line(&self, (name, amounts): &Group) -> String {
        let (rows, sum) = (amounts.len(), amounts.iter().sum());
        let mut line = format!("{name}\t{rows}\t{}", money(sum));
        if let Some(rounding) = self.mean {
            let _ = write!(line, "\t{}", money(mean(sum, rows as i64, rounding)));
        }
        let largest = match self.largest {
            Some(Largest::Amount) => amounts.iter().copied().max(),
            Some(Largest::Distance) => amounts.iter().copied().max_by_key(|amount| (amount.abs(), *amount)),
            None => None,
        };
        if let Some(largest) = largest {
            let _ = write!(line, "\t{}", money(largest));
        }
        line + "\n"
    }

    fn program(&self, theme: &Theme) -> String {
        let optional = |number: Option<String>| number.unwrap_or_else(|| "None".to_owned());
        let truth = |yes: bool| if yes { "True" } else { "False" }.to_owned();
        let quoted = |text: &str| format!("\"{text}\"");
        let since = self.since.map(|since| quoted(&date(since.day)));
        let order = self.order.map(|order| match order {
            Order::Sum => quoted("sum"),
            Order::Rows => quoted("rows"),
        });
        let mean = self.mean.map(|rounding| match rounding {
            Rounding::HalfAway => quoted("half-away"),
            Rounding::HalfEven => quoted("half-even"),
            Rounding::TowardsZero => quoted("cut"),
        });
        let largest = self.largest.map(|largest| match largest {
            Largest::Amount => "max".to_owned(),
            Largest::Distance => "(lambda amounts: max(amounts, key=lambda a: (abs(a), a)))".to_owned(),
        });
        filled(
            include_str!("../../templates/data/report.py"),
            &[
                ("id", theme.id),
                ("day", theme.day),
                ("name", theme.name),
                ("count", theme.count),
                ("amount", theme.amount),
                ("keeps_quotes", &truth(self.keeps_quotes)),
                ("counts_empty", &truth(self.counts_empty)),
                ("last_wins", &optional(self.last_wins.map(truth))),
                ("least_count", &optional(self.least_count.map(|least| least.to_string()))),
                ("since", &optional(since)),
                ("included", &truth(self.since.is_none_or(|since| since.included))),
                ("folds_case", &truth(self.folds_case)),
                ("mean", &optional(mean)),
                ("largest", &optional(largest)),
                ("least_rows", &optional(self.least_rows.map(|least| least.to_string()))),
                ("order", &optional(order)),
                ("kept", &optional(self.others.map(|others| others.kept.to_string()))),
                ("others", &truth(self.others.is_none_or(|others| others.shown))),
            ],
        )
    }
}

fn mean(sum: i64, rows: i64, rounding: Rounding) -> i64 {
    let (whole, twice) = (sum.abs() / rows, 2 * (sum.abs() % rows));
    let up = match rounding {
        Rounding::HalfAway => twice >= rows,
        Rounding::HalfEven => twice > rows || (twice == rows && whole % 2 == 1),
        Rounding::TowardsZero => false,
    };
    sum.signum() * (whole + i64::from(up))
}

fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// A day of the spring that all tables are about, counted from 0.
fn date(day: u32) -> String {
    format!("2031-{:02}-{:02}", 3 + day / 28, 1 + day % 28)
}

fn table(rows: u32, draw: &mut Draw) -> Vec<Row> {
    let row = |at: u32, draw: &mut Draw| Row {
        id: if draw.percent(20) { 1000 + draw.below(at as usize + 1) as u32 } else { 1000 + at },
        day: draw.below(40) as u32,
        name: draw.one(&NAMES),
        count: draw.between(1, 9),
        amount: if draw.percent(8) {
            None
        } else if draw.percent(20) {
            Some(draw.between(-9000, -1))
        } else {
            Some(draw.between(0, 99_999))
        },
    };
    (0..rows).map(|at| row(at, draw)).collect()
}

/// A table as comma-separated values.
fn text(table: &[Row], columns: &[&str], theme: &Theme, draw: &mut Draw) -> String {
    let mut text = columns.join(",") + "\n";
    for row in table {
        let cell = |column: &&str| match *column {
            column if column == theme.id => row.id.to_string(),
            column if column == theme.day => date(row.day),
            column if column == theme.count => row.count.to_string(),
            column if column == theme.amount => row.amount.map_or_else(String::new, money),
            _ => row.name.to_owned(),
        };
        let cells: Vec<_> = columns
            .iter()
            .map(cell)
            .map(|cell| {
                let needs = cell.contains([',', '"']) || draw.percent(8);
                if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
            })
            .collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_rounded_as_told() {
        let ways = [Rounding::HalfAway, Rounding::HalfEven, Rounding::TowardsZero];
        let of = |sum, rows| ways.map(|rounding| mean(sum, rows, rounding));
        assert_eq!(of(5, 2), [3, 2, 2]);
        assert_eq!(of(-5, 2), [-3, -2, -2]);
        assert_eq!(of(7, 2), [4, 4, 3]);
        assert_eq!(of(8, 3), [3, 3, 2]);
        assert_eq!(money(-5), "-0.05");
    }
}
