//! What runs in the engine, and what a test wants to fail.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sandbox::{EngineError, Life, Listed, StartSpec};

use crate::process::Process;

/// What runs, and what is to fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) running: BTreeMap<String, (Listed, Arc<Process>)>,
    pub(crate) is_away: bool,
    pub(crate) failing_starts: u32,
}

impl Registry {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn check(&self) -> Result<(), EngineError> {
        if self.lock().is_away {
            return Err(EngineError::Unreachable {
                host: "this machine".into(),
                reason: "a test has it away".into(),
                fix: "have it back",
            });
        }
        Ok(())
    }

    pub(crate) fn check_start(&self) -> Result<(), EngineError> {
        self.check()?;
        let mut state = self.lock();
        match state.failing_starts.checked_sub(1) {
            None => Ok(()),
            Some(left) => {
                state.failing_starts = left;
                Err(EngineError::Lost {
                    what: "the engine on starting a container".into(),
                    reason: "a test asked for it".into(),
                })
            }
        }
    }

    pub(crate) fn add(&self, spec: &StartSpec, process: Arc<Process>) -> Entry {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let listed = Listed {
            id: id.clone(),
            name: format!("overhang-{}", spec.name),
            run: spec.labels.run.clone(),
            trial: spec.labels.trial.clone(),
            owner: std::process::id().to_string(),
            life: Life::Alive,
            running: true,
        };
        self.lock().running.insert(id.clone(), (listed, process));
        Entry { registry: self.clone(), id }
    }

    pub(crate) fn take(&self, id: &str) -> Option<Arc<Process>> {
        self.lock().running.remove(id).map(|(_, process)| process)
    }
}

/// A place in the registry, given back when dropped; the process is killed with the last who holds it.
pub(crate) struct Entry {
    registry: Registry,
    id: String,
}

impl Entry {
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.take(&self.id);
    }
}
