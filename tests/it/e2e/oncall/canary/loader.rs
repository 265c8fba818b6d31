//! An Alertmanager as far as Trueup sees it: it loads its file when told to, says what it runs, and can be made to refuse
//! in words that hold the whole file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use trueup::provider::alertmanager::api::fingerprint;

use crate::support::exchange::{Incoming, Listening, Reply};

pub struct Loader {
    pub listening: Listening,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    file: PathBuf,
    runs: u64,
    refuses: bool,
}

impl Loader {
    pub fn start(file: &Path) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            file: file.to_owned(),
            runs: fingerprint(&fs::read(file).unwrap()),
            refuses: false,
        }));
        let state = shared.clone();
        let listening = Listening::start(move |mut stream| {
            let state = state.clone();
            async move {
                let Some(request) = Incoming::read(&mut stream).await? else {
                    return Ok(());
                };
                let reply = state.lock().unwrap().reply(&request);
                reply.write(&mut stream).await
            }
        });
        Self { listening, shared }
    }

    pub fn set_refuses(&self, refuses: bool) {
        self.shared.lock().unwrap().refuses = refuses;
    }
}

impl Shared {
    fn reply(&mut self, request: &Incoming) -> Reply {
        match (&*request.method, request.path()) {
            ("GET", "/metrics") => {
                let text = format!(
                    "alertmanager_build_info{{branch=\"HEAD\",version=\"0.25.0\"}} 1\n\
                     alertmanager_config_hash {}\nalertmanager_config_last_reload_successful 1\n",
                    self.runs
                );
                Reply::text(200, &text)
            }
            ("POST", "/-/reload") => {
                let text = fs::read_to_string(&self.file).unwrap_or_default();
                if self.refuses {
                    let end = text.find("receivers:").unwrap_or(0);
                    let quoted = format!("failed to reload config: bad: {}", &text[end..]);
                    return Reply::text(500, &quoted);
                }
                self.runs = fingerprint(text.as_bytes());
                Reply::text(200, "")
            }
            ("GET", "/api/v2/alerts") => Reply::json(200, &serde_json::json!([])),
            _ => Reply::text(404, "page not found"),
        }
    }
}
