//! How numbers are written.

/// A share as percent, without the sign: `41.7`.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(missing, |share| format!("{:.1}", share * 100.0))
}

/// A difference of shares in percentage points, signed: `+8.3`.
pub(crate) fn points(difference: Option<f64>) -> String {
    difference.map_or_else(missing, |difference| {
        let points = difference * 100.0;
        // A rounded zero has no sign.
        if points.abs() < 0.05 { "0.0".to_owned() } else { format!("{points:+.1}") }
    })
}

/// The same in whole points: `+8`.
pub(crate) fn whole_points(difference: f64) -> String {
    let points = (difference * 100.0).round();
    if points == 0.0 { "0".to_owned() } else { format!("{points:+.0}") }
}

/// An interval: `[1.2, 3.4]`.
pub(crate) fn interval(ends: Option<(f64, f64)>, show: impl Fn(Option<f64>) -> String) -> String {
    ends.map_or_else(missing, |(lower, upper)| format!("[{}, {}]", show(Some(lower)), show(Some(upper))))
}

/// A p-value: `.031`, `<.001`.
pub(crate) fn p(value: Option<f64>) -> String {
    match value {
        None => missing(),
        Some(value) if value < 0.001 => "<.001".to_owned(),
        Some(value) if value >= 0.9995 => "1".to_owned(),
        Some(value) => format!("{value:.3}").trim_start_matches('0').to_owned(),
    }
}

/// A count with thin groups: `1 234 567`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Budget units: whole ones as a count, others as they are.
pub(crate) fn units(value: f64) -> String {
    if value.fract() == 0.0 && value >= 0.0 { count(value as u64) } else { value.to_string() }
}

/// A count in two or three digits, for where there is little room: `12.5k`, `2M`.
pub(crate) fn brief(value: f64) -> String {
    let (scaled, unit) = match value {
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e3 => (value / 1e3, "k"),
        value => (value, ""),
    };
    let digits = if scaled >= 100.0 || scaled.fract() == 0.0 {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.digits$}{unit}")
}

/// US dollars: `$0.0123`, `$12.30`.
pub(crate) fn usd(value: Option<f64>) -> String {
    value
        .map_or_else(missing, |usd| if usd.abs() < 1.0 { format!("${usd:.4}") } else { format!("${usd:.2}") })
}

/// A difference of US dollars: `+$0.0123`.
pub(crate) fn signed_usd(difference: f64) -> String {
    format!("{}{}", if difference < 0.0 { "−" } else { "+" }, usd(Some(difference.abs())))
}

/// Seconds: `12 s`.
pub(crate) fn seconds(value: Option<f64>) -> String {
    value.map_or_else(
        missing,
        |value| if value < 10.0 { format!("{value:.1} s") } else { format!("{value:.0} s") },
    )
}

/// What stands where a number is missing.
pub(crate) fn missing() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well_and_missing_is_not_zero() {
        assert_eq!(points(Some(0.083)), "+8.3");
        assert_eq!(points(Some(-0.0001)), "0.0");
        assert_eq!(points(None), "–");
        assert_eq!(count(1_234_567), "1 234 567");
        assert_eq!(p(Some(0.0312)), ".031");
        assert_eq!(p(Some(1.0)), "1");
        assert_eq!(p(Some(0.0)), "<.001");
        assert_eq!([0.083, -0.001, -0.5].map(whole_points), ["+8", "0", "-50"]);
        let written: Vec<String> = [0.5, 31.25, 12_500.0, 400_000.0, 2e6].map(brief).into();
        assert_eq!(written, ["0.50", "31.2", "12.5k", "400k", "2M"]);
    }
}
