//! What the records of the kit's trials show, check by check.

mod given;
mod hardship;

use std::path::PathBuf;

use dialect::{estimate, neutral::Request};
use spec::harness::{ReportedIn, When};

use vocabulary::{FlagName, Resource};

use crate::{
    check::Subject,
    place,
    report::{Check, Verdict},
    scenario::{hard_parts, marker},
    script::is_conversation,
    trial::{Call, MODEL, Record, generic_prompt, specific_prompt},
};

/// Collects verdicts on one harness.
pub(crate) struct Verdicts<'a> {
    subject: &'a Subject<'a>,
    folder: PathBuf,
    checks: Vec<Check>,
    /// Trials that were begun twice, since the harness had died before any call.
    begun_twice: Vec<String>,
}

impl<'a> Verdicts<'a> {
    pub(crate) fn new(subject: &'a Subject<'a>) -> Self {
        Self { subject, folder: subject.folder(), checks: Vec::new(), begun_twice: Vec::new() }
    }

    pub(crate) fn done(mut self) -> Vec<Check> {
        if let (false, Some(starts)) =
            (self.begun_twice.is_empty(), self.checks.iter_mut().find(|check| check.name == "starts"))
        {
            let twice = self.begun_twice.join(", ");
            starts.reason.push_str(&format!("; died before any call and was begun again: {twice}"));
        }
        self.checks
    }

    /// Notes a trial that was begun twice.
    pub(crate) fn note(&mut self, record: &Record) {
        let told = record.false_start.as_ref().map(|why| format!("{} ({why})", record.scenario.name));
        self.begun_twice.extend(told);
    }

    fn add(&mut self, name: &str, verdict: Verdict, reason: impl Into<String>) {
        let (name, reason) = (name.to_owned(), reason.into());
        self.checks.push(Check { name, verdict, reason, finding: None });
    }

    fn pass(&mut self, name: &str, reason: impl Into<String>) {
        self.add(name, Verdict::Pass, reason);
    }

    fn skip(&mut self, name: &str, reason: impl Into<String>) {
        self.add(name, Verdict::NotApplicable, reason);
    }

    fn fail(&mut self, name: &str, key: &[String], reason: impl Into<String>, help: &str) {
        let (name, reason) = (name.to_owned(), reason.into());
        let finding = place::finding(&self.folder.join("harness.toml"), key, &reason, help);
        self.checks.push(Check { name, verdict: Verdict::Fail, reason, finding: Some(finding) });
    }

    fn judge(&mut self, name: &str, wrong: Option<String>, right: &str, key: &[String], help: &str) {
        match wrong {
            None => self.pass(name, right),
            Some(wrong) => self.fail(name, key, wrong, help),
        }
    }

    fn variable(&self, variable: &str) -> Vec<String> {
        place::of_variable(self.subject.harness, &self.folder, variable)
    }

    /// What the two first trials show. Returns whether there is any use in more.
    pub(crate) fn first(&mut self, plain: &Record, specific: &Record) -> bool {
        self.note(plain);
        self.note(specific);
        self.base_url(plain);
        self.token(plain);
        if !self.starts(plain) {
            return false;
        }
        self.dialect(plain);
        self.model(plain);
        self.tools(plain);
        self.solves("solves as root", plain, self.subject.harness.run.root);
        self.solves("solves as another user", specific, true);
        self.instruction(plain);
        self.prompt("generic prompt", plain, &generic_prompt(), &specific_prompt());
        self.prompt("specific prompt", specific, &specific_prompt(), &generic_prompt());
        self.own_prompt(specific);
        self.helpers(plain);
        self.names(plain);
        self.addresses(plain);
        self.left(plain);
        self.apart(plain, specific);
        self.self_report(plain);
        self.memory(plain);
        true
    }

    fn starts(&mut self, record: &Record) -> bool {
        if let Some(seconds) = record.start_up_sec {
            self.pass("starts", format!("first call after {seconds:.1} s"));
            return true;
        }
        let reason = format!("no model call was made; {}; {}", record.end.detail, record.last_words());
        let turned_away = !record.flags(FlagName::TurnedAway).is_empty();
        let key = if turned_away { self.variable("gateway") } else { vec!["run".into(), "command".into()] };
        let help = "`overhang try` shows what it says; an exit code of 0 without a call is often a notice, a missing companion or a first-use download";
        self.fail("starts", &key, reason, help);
        false
    }

    fn base_url(&mut self, record: &Record) {
        let wrong = record
            .flags(FlagName::TurnedAway)
            .into_iter()
            .find(|why| !why.contains("token"))
            .map(str::to_owned);
        let doubled =
            wrong.as_ref().is_some_and(|why| why.contains("/v1/v1") || why.contains("/v1beta/v1beta"));
        let help = if doubled {
            "the harness adds the version path itself: give it the base URL without"
        } else {
            "look at the path asked for: if it lacks the version path, the base URL must carry it, as in \
             `{{ gateway }}/v1`"
        };
        let key = self.variable("gateway");
        if wrong.is_none() && record.calls.is_empty() {
            return self.skip("base URL", "no call was made");
        }
        self.judge("base URL", wrong, "no request went to a path that the gateway does not have", &key, help);
    }

    fn token(&mut self, record: &Record) {
        let wrong = record
            .flags(FlagName::TurnedAway)
            .into_iter()
            .find(|why| why.contains("token"))
            .map(str::to_owned);
        let key = self.variable("token");
        if wrong.is_none() && record.calls.is_empty() {
            return self.skip("token", "no call was made");
        }
        let help = "every call must carry `{{ token }}`, those of helpers and sub-agents too";
        self.judge("token", wrong, "every call carries this trial's token", &key, help);
    }

    fn dialect(&mut self, record: &Record) {
        let declared = self.subject.dialect();
        let other = record.calls.iter().find(|call| call.record.dialect != declared);
        let wrong =
            other.map(|call| format!("declared is {declared}, a call came as {}", call.record.dialect));
        let help = "declare what it speaks, or set it to what is declared";
        self.judge("dialect", wrong, declared.as_str(), &["dialects".into()], help);
    }

    /// Calls that carry the conversation.
    fn conversation<'r>(&self, record: &'r Record) -> impl Iterator<Item = &'r Call> {
        let harness = self.subject.harness.clone();
        record
            .calls
            .iter()
            .filter(move |call| call.request.as_ref().is_some_and(|one| is_conversation(&harness, one)))
    }

    fn model(&mut self, record: &Record) {
        let other = self.conversation(record).find(|call| call.record.model_asked != MODEL);
        let wrong = other.map(|call| format!("`{}` was asked for, not `{MODEL}`", call.record.model_asked));
        let key = self.variable("model");
        let help = "the harness must ask for `{{ model }}` as it stands";
        self.judge("model", wrong, "asked for by its name", &key, help);
        self.settings(record);
    }

    /// What it asks for by itself; nothing is declared wrong here, a reader must know it.
    fn settings(&mut self, record: &Record) {
        let Some(request) = self.conversation(record).find_map(|call| call.request.as_ref()) else { return };
        let sampling = &request.sampling;
        let mut sent = Vec::new();
        sent.extend(sampling.temperature.map(|value| format!("temperature {value}")));
        sent.extend(sampling.top_p.map(|value| format!("top_p {value}")));
        sent.extend(sampling.top_k.map(|value| format!("top_k {value}")));
        sent.extend(sampling.effort.as_ref().map(|value| format!("effort {value}")));
        sent.extend(sampling.thinking_budget.map(|value| format!("thinking {value} tokens")));
        sent.extend(request.max_output.map(|value| format!("at most {value} tokens of output")));
        let sent = if sent.is_empty() { "nothing".to_owned() } else { sent.join(", ") };
        self.pass("settings of its own", format!("{sent}; a sweep's `pinned` replaces them"));
    }

    fn tools(&mut self, record: &Record) {
        let tools = &self.subject.harness.tools;
        if tools.from_text() {
            let what = if tools.edit_only() { "edits" } else { "commands" };
            return self.skip("tools", format!("none are declared: it takes {what} from text"));
        }
        let Some(shell) = tools.shell.clone() else {
            let help = "declare [tools.shell], or `tools.fence` or `tools.edit` for a harness that takes commands or edits as text";
            return self.fail(
                "tools",
                &["tools".into()],
                "no way to run a command or to edit is declared",
                help,
            );
        };
        let mut declared = vec![("shell", shell.name, vec![shell.command])];
        declared
            .extend(tools.write.clone().map(|write| ("write", write.name, vec![write.path, write.content])));
        let requests = || record.calls.iter().filter_map(|call| call.request.as_ref());
        let all: Vec<String> = requests().flat_map(|one| &one.tools).map(|tool| tool.name.clone()).collect();
        for (kind, name, arguments) in declared {
            let offered = requests().flat_map(|one| &one.tools).find(|tool| tool.name == name);
            let key = |last: &str| vec!["tools".to_owned(), kind.to_owned(), last.to_owned()];
            let Some(offered) = offered else {
                let mut all = all.clone();
                all.sort();
                all.dedup();
                let reason = format!("`{name}` is not offered to the model; offered are {}", all.join(", "));
                return self.fail("tools", &key("name"), reason, "declare the name as the model sees it");
            };
            let known = &offered.parameters["properties"];
            if let Some(missing) = arguments.iter().find(|one| known.is_object() && known.get(one).is_none())
            {
                let known: Vec<&str> =
                    known.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                let reason = format!("`{name}` has no argument `{missing}`; it has {}", known.join(", "));
                return self.fail(
                    "tools",
                    &key("name"),
                    reason,
                    "declare the arguments as the model sees them",
                );
            }
        }
        self.pass(
            "tools",
            format!(
                "offered as declared, among {}",
                all.len().min(requests().map(|one| one.tools.len()).max().unwrap_or(0))
            ),
        );
    }

    fn solves(&mut self, name: &str, record: &Record, applies: bool) {
        if !applies {
            return self.skip(name, "declared: run.root = false");
        }
        let end = &record.end;
        let wrong = (!record.solved()).then(|| {
            let flags: String = end.flags.iter().map(|flag| format!("; {flag}")).collect();
            let (code, detail) = (end.outcome.code(), &end.detail);
            format!("the two-step task was not solved: {code}, {detail}{flags}; {}", record.last_words())
        });
        let tools = &self.subject.harness.tools;
        let key = if tools.edit_only() {
            "edit"
        } else if tools.from_text() {
            "fence"
        } else {
            "shell"
        };
        let key = vec!["tools".to_owned(), key.to_owned()];
        let help = "see what its tools answered with `overhang try`; a companion program may be missing from the pack";
        self.judge(name, wrong, "a file written and a command run, with its own tools", &key, help);
    }

    fn instruction(&mut self, record: &Record) {
        let said = self
            .conversation(record)
            .find_map(|call| call.request.as_ref().map(Request::text))
            .unwrap_or_default();
        let lost: Vec<&str> = hard_parts()
            .into_iter()
            .filter(|(_, text)| !said.contains(text.trim()))
            .map(|(what, _)| what)
            .collect();
        let whole = said.contains(record.scenario.instruction.trim());
        let wrong = match (lost.is_empty(), whole) {
            (_, true) => None,
            (false, _) => Some(format!("not byte for byte in the first request: {}", lost.join(", "))),
            (true, false) => Some("every part arrived, but not as one text".to_owned()),
        };
        let key = self.variable("instruction");
        let right = "byte for byte: quotes, newlines, $, 100 kB, other scripts";
        let help = "prefer standard input (`run.stdin`): arguments are quoted, cut or taken for options";
        self.judge("instruction", wrong, right, &key, help);
    }

    fn prompt(&mut self, name: &str, record: &Record, own: &str, other: &str) {
        let said = self
            .conversation(record)
            .find_map(|call| call.request.as_ref().map(Request::text))
            .unwrap_or_default();
        let wrong = if !said.contains(own) {
            Some("the arm's prompt did not reach the model".to_owned())
        } else {
            said.contains(other).then(|| "the other prompt reached the model too".to_owned())
        };
        let mut key = self.variable("prompt");
        if key == ["run"] {
            key = self.variable("prompt_file");
        }
        let help = "a template over `prompt` or `prompt_file` must bring it there";
        self.judge(name, wrong, "reached the model, and nothing of the other", &key, help);
    }

    /// What the first request holds beside instruction and prompt.
    fn own_prompt(&mut self, record: &Record) {
        const NAME: &str = "own prompt";
        let Some(request) = self.conversation(record).find_map(|call| call.request.as_ref()) else { return };
        let given = (record.scenario.instruction.len() + specific_prompt().len()) as u64;
        let seen = estimate::input(request).saturating_sub(estimate::tokens(given));
        let near = |declared: u64| declared.abs_diff(seen) <= seen / 5 + 100;
        let Some(declared) = self.subject.harness.own_prompt_tokens else {
            return self.skip(NAME, format!("{seen} tokens; `own_prompt_tokens` would declare them"));
        };
        let wrong = (!near(declared)).then(|| format!("declared are {declared} tokens, there are {seen}"));
        let right = format!("{seen} tokens, {declared} declared");
        let help = "declare what is there: a plan refuses models whose window has no room beside it";
        self.judge(NAME, wrong, &right, &["own_prompt_tokens".into()], help);
    }

    fn helpers(&mut self, record: &Record) {
        let harness = self.subject.harness;
        let beside: Vec<&Call> = record
            .calls
            .iter()
            .filter(|call| {
                call.record.model_asked != MODEL
                    || !call.request.as_ref().is_some_and(|request| is_conversation(harness, request))
            })
            .collect();
        let declared: Vec<&str> = harness
            .helpers
            .iter()
            .filter(|one| one.when == When::Always)
            .map(|one| one.kind.as_str())
            .collect();
        let wrong = match (beside.first(), declared.is_empty()) {
            (Some(first), true) => Some(format!(
                "{} calls beside the conversation, first for model `{}`: none is declared",
                beside.len(),
                first.record.model_asked
            )),
            (None, false) => Some(format!("declared for every run and not seen: {}", declared.join(", "))),
            _ => None,
        };
        let right = format!("{} seen, {} declared for every run", beside.len(), declared.len());
        let help = "declare it in [[helpers]] with `when = \"always\"`, pin its model, or turn it off";
        self.judge("helpers", wrong, &right, &["helpers".into()], help);
    }

    fn names(&mut self, record: &Record) {
        let hosts = &self.subject.harness.hosts;
        let other: Vec<&str> =
            record.end.dns_names.iter().filter(|name| !hosts.contains(name)).map(String::as_str).collect();
        let wrong = (!other.is_empty()).then(|| format!("it asked DNS for {}", other.join(", ")));
        let right = match record.end.dns_names.len() {
            0 => "no name was asked for; there is no network".to_owned(),
            asked => format!("{asked} names asked for in vain, all declared in `hosts`"),
        };
        let key = if hosts.is_empty() { "run" } else { "hosts" };
        let help = "turn off what calls there; what cannot be turned off is named in `hosts`";
        self.judge("other destinations", wrong, &right, &[key.into()], help);
    }

    /// There is no network, so that each is refused; the kernel counts them, and keeps no address.
    fn addresses(&mut self, record: &Record) {
        const NAME: &str = "bare addresses";
        let Some(times) = record.end.resources.get(&Resource::UnreachableConnects) else {
            return self.skip(NAME, "the kernel does not count them");
        };
        let wrong =
            (*times > 0.0).then(|| format!("it tried {times} times to reach an address, without asking DNS"));
        let help = "turn off what calls there: telemetry, a look for a network, a fixed server";
        self.judge(NAME, wrong, "none was tried; there is no network", &["run".into()], help);
    }

    fn left(&mut self, record: &Record) {
        let shown: Vec<&str> = record.left.iter().take(8).map(String::as_str).collect();
        let wrong = (!shown.is_empty()).then(|| format!("left in the work tree: {}", shown.join(", ")));
        let leaves = &self.subject.harness.leaves;
        let right = match leaves.as_slice() {
            [] => "nothing but the agent's own".to_owned(),
            declared => format!("nothing but what is declared: {}", declared.join(", ")),
        };
        let key = if leaves.is_empty() { "name" } else { "leaves" };
        let help = "turn it off, or name it in `leaves`, so that it does not count as the agent's change";
        self.judge("work tree", wrong, &right, &[key.into()], help);
    }

    fn apart(&mut self, plain: &Record, specific: &Record) {
        let holds = |record: &Record, word: &str| {
            record
                .calls
                .iter()
                .filter_map(|call| call.request.as_ref())
                .any(|request| request.text().contains(word))
        };
        let mixed =
            holds(plain, &marker(specific.scenario.name)) || holds(specific, &marker(plain.scenario.name));
        let wrong = mixed.then(|| "words of one trial reached the model in the other".to_owned());
        self.judge(
            "two at once",
            wrong,
            "nothing of one reached the other",
            &["run".into()],
            "look for shared files",
        );
    }

    fn self_report(&mut self, record: &Record) {
        let Some(rule) = &self.subject.harness.self_report else {
            return self.skip("own count", "no `self_report` is declared");
        };
        let spent = record.end.spent;
        let wrong = match &record.end.self_report {
            None if rule.from == ReportedIn::Transcript => {
                Some("no line of what `transcript` names fits `self_report`".to_owned())
            }
            None => Some("no line of its output fits `self_report`".to_owned()),
            Some(_) => record.flags(FlagName::SelfReportDiffers).first().map(|why| (*why).to_owned()),
        };
        let ratio = record.end.self_report_ratio();
        let calls = if ratio.and_then(|ratio| ratio.calls).is_some() { "calls and tokens" } else { "tokens" };
        let right = format!("{calls} as metered: {} calls, {} tokens", spent.calls, spent.usage.total());
        let help =
            "mend the rule; if the harness counts wrongly, say so in its README and leave the rule out";
        self.judge("own count", wrong, &right, &["self_report".into()], help);
    }

    fn memory(&mut self, record: &Record) {
        let wrong = record.flags(FlagName::OomKill).first().map(|why| format!("it ran out of memory: {why}"));
        let granted = self.subject.harness.memory_mb;
        let peak = record.end.resources.get(&Resource::MemoryPeakMb);
        let peak = peak.map_or_else(
            || "a peak the kernel does not tell".to_owned(),
            |peak| format!("a peak of {peak:.0} MiB with the file cache"),
        );
        let right = format!("{peak}; {granted} MiB are added for it");
        let key = if granted == 0 { "name" } else { "memory_mb" };
        self.judge(
            "memory",
            wrong,
            &right,
            &[key.into()],
            "raise `memory_mb` to what it takes over a long conversation",
        );
    }

    pub(crate) fn pack_untouched(&mut self, same: bool) {
        let wrong = (!same).then(|| "files of the pack were changed".to_owned());
        self.judge("pack untouched", wrong, "the same after all trials", &["pack".into()], "build it again");
    }
}
