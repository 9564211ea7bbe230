//! What a scalar without quotes is to Compose, whose YAML is Go's `yaml.v3`: numbers as in Go's source, `yes` and `no` as
//! texts. What it prints of a number is what a container's environment gets.

use super::What;

/// What stands there.
pub(super) fn read(text: &str) -> What {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return What::Null,
        "true" | "True" | "TRUE" => return What::Bool(true),
        "false" | "False" | "FALSE" => return What::Bool(false),
        _ => {}
    }
    let number = || text.starts_with(|one: char| one.is_ascii_digit() || "+-.".contains(one));
    if !number() {
        return What::Text(text.to_owned());
    }
    if is_time(text) {
        return What::Time;
    }
    match integer(&text.replace('_', "")).or_else(|| float(&text.replace('_', ""))) {
        Some(printed) => What::Number(printed),
        None => What::Text(text.to_owned()),
    }
}

/// A whole number in any of Go's bases: `0x1f`, `0b11`, `0o17`, and `017` is octal too.
fn integer(text: &str) -> Option<String> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &*lower),
    };
    let is_plain = digits.bytes().all(|one| one.is_ascii_alphanumeric());
    let number =
        Some(digits).filter(|_| is_plain).and_then(|digits| u64::from_str_radix(digits, base).ok())?;
    // What is below the least that Go's `int` holds is a fraction to it.
    let fits = sign.is_empty() || number <= 1 << 63;
    let sign = if number == 0 { "" } else { sign };
    fits.then(|| format!("{sign}{number}"))
}

/// A number with a fraction or an exponent, printed as by Go: in the shortest form that reads back, with an exponent below
/// -4 and from 6 on.
fn float(text: &str) -> Option<String> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let is_form = text.len() - unsigned.len() <= 1
        && unsigned.starts_with(|one: char| one.is_ascii_digit() || one == '.')
        && unsigned.bytes().all(|one| one.is_ascii_digit() || b".eE+-".contains(&one));
    let number: f64 = text.parse().ok().filter(|number: &f64| is_form && number.is_finite())?;
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(if number != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    } else {
        number.to_string()
    })
}

/// Whether it is a date, alone or with a time: `2001-1-31`, `2001-01-31T10:00:00Z`, `2001-01-31 10:00:00`.
fn is_time(text: &str) -> bool {
    let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = &*parts else { return false };
    let digits = |part: &str, most: u32| {
        part.len() <= 2
            && part.bytes().all(|one| one.is_ascii_digit())
            && part.parse().is_ok_and(|one: u32| (1..=most).contains(&one))
    };
    let is_date = year.len() == 4
        && year.bytes().all(|one| one.is_ascii_digit())
        && digits(month, 12)
        && digits(day, 31);
    let rest = &text[date.len()..];
    let is_rest = rest.is_empty()
        || rest.len() > 5 && rest[1..].starts_with(|one: char| one.is_ascii_digit()) && rest.contains(':');
    is_date && is_rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `docker compose config` 2.26 prints them.
    #[test]
    fn numbers_are_printed_as_compose_prints_them() {
        for (text, printed) in [
            ("0644", "420"),
            ("1e3", "1000"),
            ("1.10", "1.1"),
            ("0x1F", "31"),
            ("0X1f", "31"),
            ("1_000", "1000"),
            ("1__0", "10"),
            ("5_", "5"),
            ("0o17", "15"),
            ("0O7", "7"),
            ("-0o7", "-7"),
            ("1e21", "1e+21"),
            ("1000000.5", "1.0000005e+06"),
            ("100000.5", "100000.5"),
            ("100000000000000000000", "1e+20"),
            ("0b11", "3"),
            ("0B1", "1"),
            ("1_0.5", "10.5"),
            ("-0", "0"),
            ("+5", "5"),
            ("1.", "1"),
            ("09", "9"),
            ("0888", "888"),
            (".5", "0.5"),
            ("1e-7", "1e-07"),
            ("12345678.5", "1.23456785e+07"),
            ("123456789.123456789", "1.2345678912345679e+08"),
            ("1.e5", "100000"),
            ("0_7", "7"),
            ("+0x10", "16"),
            ("9223372036854775808", "9223372036854775808"),
            ("18446744073709551616", "1.8446744073709552e+19"),
        ] {
            assert_eq!(read(text), What::Number(printed.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_a_text() {
        for text in [
            "yes",
            "no",
            "off",
            "n",
            "Y",
            "22:22",
            "1:30",
            "0xG",
            "0o9",
            "0x",
            "_5",
            "=",
            "1e400",
            "2001-13-01",
            "-",
            ".",
            "1.2.3",
            "5s",
            "+-5",
            "a",
        ] {
            assert_eq!(read(text), What::Text(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_other_kinds_have_their_words() {
        for null in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(read(null), What::Null);
        }
        assert_eq!((read("True"), read("FALSE")), (What::Bool(true), What::Bool(false)));
        for time in ["2001-01-01", "2001-1-1", "2001-01-01T10:00:00Z", "2001-01-01 10:00:00"] {
            assert_eq!(read(time), What::Time, "{time}");
        }
    }
}
