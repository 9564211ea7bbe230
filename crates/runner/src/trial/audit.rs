//! A try that ends is looked at: its recorded calls are read back.

use audit::Evidence;
use ledger::{Audited, PlannedTrial, event::TrialEnd};
use transcript::{Transcript, commands};

use crate::{context::Context, trial::twin};

/// Stores the commands among the try's calls, and adds the flags that detectors raise.
pub(crate) fn add(context: &Context, planned: &PlannedTrial, end: &mut TrialEnd) {
    // Reads every recorded request of a try, which grow with the conversation: not on a thread that other trials'
    // answers pass through.
    tokio::task::block_in_place(|| {
        let Context { journal, inputs, plan, .. } = context;
        let (blobs, calls) = (journal.blobs(), journal.calls(&planned.id));
        let transcript = Transcript::read(blobs, &calls);
        end.flags.extend(twin::flags(context, planned, &calls, &transcript));
        let inputs = inputs.of(plan, planned);
        let shell = inputs.tools.and_then(|tools| tools.shell.as_ref());
        end.commands = journal.store(&commands::write(&commands::of(&transcript, shell))).ok();
        // Detectors are told so that this program ended it, and has graded once more what called for that.
        end.audited = Some(Audited::default());
        let evidence = Evidence::new(planned, end, &calls, transcript, inputs, blobs);
        let checks = audit::of_trial(&evidence);
        // What is stored is read by people and later programs; a disk that is full keeps no trial from ending.
        let stored = serde_json::to_vec(&checks).ok().and_then(|text| journal.store(&text).ok());
        end.audited = Some(Audited { checks: stored, found: audit::found(&checks) });
        end.flags.extend(audit::flags(&checks));
        end.flags.sort();
    });
}
