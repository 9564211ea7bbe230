//! What a request asks of the system.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use wire::{ExecRequest, StartStep, User};

use crate::sys::Identity;
use crate::users::{self, StartError};

const PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The request, checked and turned into what the system wants.
pub(super) struct Plan {
    pub(super) candidates: Vec<CString>,
    pub(super) argv: Vec<CString>,
    pub(super) env: Vec<CString>,
    pub(super) cwd: CString,
    pub(super) identity: Option<Identity>,
}

impl Plan {
    pub(super) fn new(request: &ExecRequest) -> Result<Plan, StartError> {
        let name = request.argv.first().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| StartError::new(StartStep::Request, 0, "no program is named"))?;
        let record = match &request.user {
            User::Guest => None,
            User::Named(written) => Some(users::find(written)?),
        };
        let find =
            |key: &[u8]| request.env.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_slice());
        let mut env = request
            .env
            .iter()
            .map(|(name, value)| string([name.as_slice(), b"=", value].concat()))
            .collect::<Result<Vec<_>, _>>()?;
        if find(b"HOME").is_none() {
            let own = std::env::var_os("HOME");
            let home = record
                .as_ref()
                .map(|record| record.home.as_slice())
                .or(own.as_ref().map(|home| home.as_bytes()));
            env.push(string([b"HOME=", home.unwrap_or(b"/")].concat())?);
        }
        let argv = request.argv.iter().cloned().map(string).collect::<Result<_, _>>()?;
        let candidates = if name.contains(&b'/') {
            vec![string(name.clone())?]
        } else {
            let path = find(b"PATH").unwrap_or(PATH);
            let join =
                |folder: &[u8]| if folder.is_empty() { name.clone() } else { [folder, b"/", name].concat() };
            path.split(|&byte| byte == b':').map(|folder| string(join(folder))).collect::<Result<_, _>>()?
        };
        Ok(Plan {
            candidates,
            argv,
            env,
            cwd: string(request.cwd.clone())?,
            identity: record.map(|record| Identity {
                uid: record.uid,
                gid: record.gid,
                groups: record.groups,
            }),
        })
    }
}

fn string(bytes: Vec<u8>) -> Result<CString, StartError> {
    CString::new(bytes).map_err(|error| {
        StartError::new(StartStep::Request, 0, format!("a zero byte in `{}`", lossy(&error.into_vec())))
    })
}

/// For messages only.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned()
}
