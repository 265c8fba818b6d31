//! Certificates for servers on loopback, by `openssl`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A certificate for 127.0.0.1 with its key, and the authority that signed it.
pub fn issued(folder: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let authority = authority(folder, "ca");
    openssl(
        folder,
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
         -keyout server.key -out server.csr",
    );
    let names = "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n";
    fs::write(folder.join("names"), names).unwrap();
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
         -extfile names -out server.pem",
    );
    (
        folder.join("server.pem"),
        folder.join("server.key"),
        authority,
    )
}

/// A certificate authority `<name>.pem`.
pub fn authority(folder: &Path, name: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    openssl(
        folder,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
             -subj /CN=test-{name} -addext basicConstraints=critical,CA:TRUE \
             -addext keyUsage=critical,keyCertSign -keyout {name}.key -out {name}.pem"
        ),
    );
    folder.join(format!("{name}.pem"))
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "openssl: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
