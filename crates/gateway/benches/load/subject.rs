//! What is measured: a program that clients ask, or the provider itself.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

/// A place to ask. The program behind it ends with the last clone.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) model: String,
    process: Option<Arc<Process>>,
}

struct Process {
    child: std::sync::Mutex<Child>,
    /// Its files.
    _folder: tempfile::TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        drop(child.kill());
        drop(child.wait());
    }
}

impl Subject {
    /// The provider, with nothing between.
    pub(crate) fn direct(provider: &str) -> Self {
        let url = format!("{provider}/v1/chat/completions");
        Self { url, token: "none".into(), model: "null".into(), process: None }
    }

    /// `overhang gateway` in front of the provider.
    pub(crate) fn gateway(program: &str, provider: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("null.toml");
        let text = format!(
            "id = \"null\"\nvendor = \"bench\"\nweights = \"open\"\n[endpoint]\ndialect = \"openai-chat\"\n\
             base_url = \"{provider}\"\nmodel = \"null\"\n[limits]\ncontext = 200000\noutput = 32000\n"
        );
        fs_err::write(&profile, text).unwrap();
        let token = "sk-overhang-bench-token";
        let mut child = Command::new(program)
            .args(["gateway", "--listen", "127.0.0.1:0", "--model"])
            .arg(&profile)
            .env("OVERHANG_GATEWAY_TOKEN", token)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("OPENAI_BASE_URL=")).unwrap();
        let base = line.split("OPENAI_BASE_URL=").nth(1).unwrap().split(' ').next().unwrap();
        let url = format!("{base}/chat/completions");
        let process = Some(Arc::new(Process { child: child.into(), _folder: folder }));
        Self { url, token: token.into(), model: "null".into(), process }
    }

    /// The LiteLLM proxy in front of the provider, with a worker for each of two cores.
    pub(crate) async fn litellm(command: &str, provider: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.yaml");
        let token = "sk-litellm-bench-token";
        let text = format!(
            "model_list:\n  - model_name: \"null\"\n    litellm_params:\n      model: openai/null\n      \
             api_base: {provider}/v1\n      api_key: none\ngeneral_settings:\n  master_key: {token}\n"
        );
        fs_err::write(&config, text).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = fs_err::File::create(folder.path().join("log")).unwrap().into_parts().0;
        let child = Command::new(command)
            .args(["--host", "127.0.0.1", "--num_workers", "2", "--port", &port.to_string(), "--config"])
            .arg(&config)
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        let process = Some(Arc::new(Process { child: child.into(), _folder: folder }));
        let base = format!("http://127.0.0.1:{port}");
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let asked = async {
            while client.get(format!("{base}/health/liveliness")).send().await.is_err() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(300), asked).await.unwrap();
        Self {
            url: format!("{base}/v1/chat/completions"),
            token: token.into(),
            model: "null".into(),
            process,
        }
    }

    /// Resident memory of the program, in kB.
    pub(crate) fn resident_kb(&self) -> u64 {
        let pid = self.process.as_ref().unwrap().child.lock().unwrap().id();
        let status = fs_err::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}
