use proptest::prelude::*;

use super::*;

fn ran(exit: Exit, head: &[u8], dropped: u64, tail: &[u8]) -> Ran {
    let output = Output { head: head.to_vec(), dropped, tail: tail.to_vec() };
    Ran { exit, output, duration: Duration::ZERO }
}

fn seen(ran: &Ran, limit: usize) -> String {
    observation(ran, Duration::from_secs(60), limit)
}

#[test]
fn short_output_is_shown_whole() {
    insta::assert_snapshot!(seen(&ran(Exit::Code(2), b"one\ntw", 0, b"o\n"), 10_000), @r"
    <returncode>2</returncode>
    <output>
    one
    two
    </output>
    ");
}

#[test]
fn no_output_is_shown_as_such() {
    insta::assert_snapshot!(seen(&ran(Exit::Code(0), b"", 0, b""), 10_000), @r"
    <returncode>0</returncode>
    <output>
    </output>
    ");
}

#[test]
fn long_output_is_shown_by_its_ends() {
    insta::assert_snapshot!(seen(&ran(Exit::Code(0), b"abcdefghijkl", 0, b""), 6), @r"
    <returncode>0</returncode>
    <warning>
    The output was too long to be shown whole. Use a command that writes less: select lines with grep, head, tail or sed, or write to a file and look into it.
    </warning>
    <output_head>
    abc
    </output_head>
    <elided_chars>
    6 characters left out
    </elided_chars>
    <output_tail>
    jkl
    </output_tail>
    ");
}

#[test]
fn what_was_dropped_is_counted() {
    insta::assert_snapshot!(seen(&ran(Exit::Signal(9), b"abcdef", 1_000, b"uvwxyz"), 8), @r"
    <returncode>137</returncode>
    <warning>
    The output was too long to be shown whole. Use a command that writes less: select lines with grep, head, tail or sed, or write to a file and look into it.
    </warning>
    <output_head>
    abcd
    </output_head>
    <elided_chars>
    1004 characters left out
    </elided_chars>
    <output_tail>
    wxyz
    </output_tail>
    ");
}

#[test]
fn a_killed_command_says_so() {
    insta::assert_snapshot!(seen(&ran(Exit::TimedOut, b"waiting\n", 0, b""), 10_000), @r"
    <exception>
    killed after 60 seconds, with everything it started
    </exception>
    <returncode>-1</returncode>
    <output>
    waiting
    </output>
    ");
}

#[test]
fn characters_are_never_cut_in_two() {
    let text = "äöü€😀".repeat(10);
    let (head, tail) = text.as_bytes().split_at(5);
    let shown = seen(&ran(Exit::Code(0), head, 0, tail), 10);
    assert!(shown.contains("<output_head>\näöü€😀\n"), "{shown}");
    assert!(shown.contains("\n40 characters left out\n"), "{shown}");
    assert!(shown.contains("<output_tail>\näöü€😀\n"), "{shown}");
}

#[test]
fn only_a_first_line_with_code_0_is_the_done_signal() {
    let done = |exit, output: &str| is_done(&ran(exit, output.as_bytes(), 0, b""));
    assert!(done(Exit::Code(0), "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\nmore"));
    assert!(done(Exit::Code(0), "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"));
    assert!(!done(Exit::Code(1), "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n"));
    assert!(!done(Exit::Code(0), "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT now\n"));
    assert!(!done(Exit::Code(0), "first\nCOMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n"));
}

proptest! {
    #[test]
    fn any_output_is_bounded(
        head in prop::collection::vec(any::<u8>(), 0..3_000),
        dropped in prop_oneof![Just(0), any::<u64>()],
        tail in prop::collection::vec(any::<u8>(), 0..3_000),
        limit in 2..1_000usize,
    ) {
        let empty = seen(&ran(Exit::Code(0), b"", 1, b""), limit).chars().count();
        let shown = seen(&ran(Exit::Code(0), &head, dropped, &tail), limit);
        prop_assert!(shown.chars().count() <= empty + limit + 20);
    }

    #[test]
    fn nothing_is_lost_uncounted(text in "\\PC{0,400}", split in any::<prop::sample::Index>(), limit in 2..100usize) {
        let at = split.index(text.len() + 1);
        let (head, tail) = text.as_bytes().split_at(at);
        let output = Output { head: head.to_vec(), dropped: 0, tail: tail.to_vec() };
        match shown(&output, limit) {
            Shown::Whole(whole) => prop_assert_eq!(whole, text),
            Shown::Ends { head, elided, tail } => {
                prop_assert!(text.starts_with(&head) && text.ends_with(&tail));
                let all = head.chars().count() as u64 + elided + tail.chars().count() as u64;
                prop_assert_eq!(all, text.chars().count() as u64);
            }
        }
    }
}
