//! A journal in memory, which can be looked into and made to fail.

use std::sync::Mutex;

use trueup::model::{Intent, Journal, JournalError, TargetName};

#[derive(Debug, Default)]
pub struct MemoryJournal {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: i64,
    open: Vec<(i64, Intent)>,
    broken: bool,
}

impl MemoryJournal {
    /// All that was begun and not ended.
    pub fn open(&self) -> Vec<(i64, Intent)> {
        self.state.lock().unwrap().open.clone()
    }

    /// How many intents were ever begun.
    pub fn begun(&self) -> i64 {
        self.state.lock().unwrap().last
    }

    /// From now on nothing can be begun, as on a full disk.
    pub fn set_broken(&self, broken: bool) {
        self.state.lock().unwrap().broken = broken;
    }
}

impl Journal for MemoryJournal {
    fn begin(&self, intent: &Intent) -> Result<i64, JournalError> {
        let mut state = self.state.lock().unwrap();
        if state.broken {
            return Err(JournalError("disk full".into()));
        }
        state.last += 1;
        let number = state.last;
        state.open.push((number, intent.clone()));
        Ok(number)
    }

    fn end(&self, number: i64) -> Result<(), JournalError> {
        self.state
            .lock()
            .unwrap()
            .open
            .retain(|(open, _)| *open != number);
        Ok(())
    }

    fn pending(&self, target: &TargetName) -> Result<Vec<(i64, Intent)>, JournalError> {
        let mut open = self.open();
        open.retain(|(_, intent)| intent.target == *target);
        Ok(open)
    }
}
