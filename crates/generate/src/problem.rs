//! What a family draws, before it is written out as files.

/// A problem with its solutions. Texts hold `{{ canary }}` where the task's canary belongs.
pub(crate) struct Problem {
    /// A sentence.
    pub(crate) description: String,
    /// What the agent is asked.
    pub(crate) instruction: String,
    /// Languages that the solution may be written in.
    pub(crate) languages: &'static [&'static str],
    /// How long an engineer takes who knows the field.
    pub(crate) expert_minutes: u32,
    /// See [`crate::Family::quantity`].
    pub(crate) quantity: u32,
    /// The file in the working directory that is graded.
    pub(crate) program: &'static str,
    /// How it is started.
    pub(crate) start: Start,
    /// Files the agent is given: name and text.
    pub(crate) workspace: Vec<(&'static str, String)>,
    /// Hidden inputs.
    pub(crate) inputs: Vec<String>,
    /// The right program.
    pub(crate) solution: Solution,
    /// Programs that are wrong in one thing.
    pub(crate) wrong: Vec<(&'static str, Solution)>,
    /// What the program prints that the agent is given, where there is one.
    pub(crate) given: Option<Vec<String>>,
}

/// How a program is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// As an executable file, where it lies.
    InPlace,
    /// By `python3`, from a copy in an otherwise empty directory.
    PythonAlone,
}

/// A program, and what it prints for each input according to the model in Rust.
pub(crate) struct Solution {
    pub(crate) program: String,
    pub(crate) outputs: Vec<String>,
}

impl Problem {
    /// Whether grading can tell every wrong solution, and the program given, from the right one.
    pub(crate) fn tells_apart(&self) -> bool {
        let right = &self.solution.outputs;
        let wrong = self.wrong.iter().map(|(_, wrong)| &wrong.outputs);
        wrong.chain(&self.given).all(|outputs| outputs != right)
    }
}

/// A template with its places filled in.
pub(crate) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let place = |text: String, (key, value): &(&str, &str)| text.replace(&format!("{{{{ {key} }}}}"), value);
    values.iter().fold(template.to_owned(), place)
}

/// A file that shows one input with its output.
pub(crate) fn example(input: &str, output: &str) -> String {
    format!("For the input\n\n{input}\nthe output is\n\n{output}\n(overhang canary {{{{ canary }}}})\n")
}
