//! One call, from arrival to record: let through, sent, relayed, settled, recorded, and only then ended.
//!
//! `run` leads it; what answers it is one of `ask`, `play`, `simulate` and `exhausted`. What they tell each other stands
//! below them, in `progress` and `ending`.

mod answer;
mod asides;
mod ask;
mod bounded;
mod ending;
mod exhausted;
mod mending;
mod outgoing;
mod play;
mod progress;
mod relay;
mod retold;
mod run;
mod settling;
mod simulate;
mod upstream;
mod usage;
mod way;

pub(crate) use progress::Call;
pub(crate) use run::run;
#[cfg(test)]
pub(crate) use {answer::Answer, outgoing::prepare, run::ask_of, usage::of as used};
