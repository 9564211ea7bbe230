use proptest::prelude::*;

use super::*;

const USAGE: Usage =
    Usage { input_uncached: 100, cache_read: 900, cache_write: 10, output: 50, reasoning: 5 };

fn prices() -> Prices {
    Prices { input: 3.0, output: 15.0, cache_read: Some(0.3), cache_write: None, source: None, date: None }
}

fn charge(text: &str) -> f64 {
    Meter::parse(text).unwrap().bind(Some(&prices())).unwrap().charge(&USAGE)
}

#[test]
fn presets() {
    assert_eq!(charge("total"), 1065.0);
    assert_eq!(charge("fresh"), 165.0);
    // The price of writing is the input's when the profile gives none.
    let usd = (100.0 * 3.0 + 900.0 * 0.3 + 10.0 * 3.0 + 55.0 * 15.0) / 1e6;
    assert!((charge("price") - usd).abs() < 1e-15);
}

#[test]
fn the_most_a_unit_can_cost() {
    let most =
        |text: &str| Meter::parse(text).unwrap().bind(Some(&prices())).unwrap().usd_per_unit(&prices());
    assert_eq!(most("total"), Some(15.0 / 1e6));
    assert!((most("price").unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(most("fresh"), None, "what is read from the cache costs money and no units");
    assert_eq!(most("input_uncached + cache_read + cache_write + output + reasoning + 1"), None);
    assert_eq!(most("output * output + input_uncached + cache_read + cache_write + reasoning"), None);
}

#[test]
fn precedence_and_signs() {
    assert_eq!(charge("1 + 2 * 3 - 8 / 4 / 2"), 6.0);
    assert_eq!(charge("-(1 - 3) * output"), 100.0);
    assert_eq!(charge("2 - 3 - 4 + 1_000"), 995.0);
    assert_eq!(charge("output - 1e3"), 0.0, "never below 0");
}

#[test]
fn errors_name_the_column_and_a_likely_fix() {
    let errors = [
        "",
        "output +",
        "input_uncache + output",
        "xyz",
        "(output",
        "output output",
        "1.2.3",
        "a / output",
        "output / reasoning",
        "output / 0",
        "output % 2",
    ]
    .map(|text| format!("{text:24} {}", Meter::parse(text).unwrap_err()))
    .join("\n");
    insta::assert_snapshot!(errors);
    assert_eq!(Meter::parse(&"(".repeat(5000)), Err(MeterError::TooLarge));
    assert_eq!(Meter::parse(&"-".repeat(100)), Err(MeterError::TooLarge));
}

#[test]
fn prices_are_asked_for_when_needed_only() {
    assert!(Meter::parse("total").unwrap().bind(None).is_ok());
    assert!(matches!(Meter::parse("price").unwrap().bind(None), Err(BindError::NoPrices(_))));
    let free = Prices { input: 0.0, ..prices() };
    let divides = Meter::parse("output * price_output / price_input").unwrap().bind(Some(&free));
    assert!(matches!(divides, Err(BindError::DividesByZero(_))));
}

fn formula() -> impl Strategy<Value = String> {
    let names: Vec<&str> = formula::TOKENS.iter().chain(&formula::PRICES).copied().collect();
    let leaf = prop_oneof![
        prop::sample::select(names).prop_map(str::to_owned),
        (0.0f64..1e9).prop_map(|number| number.to_string()),
    ];
    leaf.prop_recursive(4, 32, 2, |inner| {
        (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/"]), inner)
            .prop_map(|(left, operator, right)| format!("({left} {operator} -{right})"))
    })
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in ".{0,80}") {
        drop(Meter::parse(&text));
    }

    #[test]
    fn a_charge_is_finite_and_never_below_0(text in formula(), tokens in prop::array::uniform5(any::<u32>())) {
        let [input_uncached, cache_read, cache_write, output, reasoning] = tokens.map(u64::from);
        let usage = Usage { input_uncached, cache_read, cache_write, output, reasoning };
        if let Ok(bound) = Meter::parse(&text).map(|meter| meter.bind(Some(&prices()))) && let Ok(bound) = bound {
            let charge = bound.charge(&usage);
            prop_assert!(charge.is_finite() && charge >= 0.0, "{charge}");
        }
    }
}
