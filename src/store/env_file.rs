//! Editing a `.env` file: chosen variables are set, everything else stays as it is.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::Replacement;

/// Sets `variables` in the `.env` file at `path`: a line that assigns one is replaced, a new one goes to the end; other
/// lines and comments are kept. The file is readable by its owner only (mode 600), since keys live there too.
///
/// # Errors
/// When the file cannot be read or replaced.
pub fn set_variables(path: &Path, variables: &[(String, String)]) -> Result<()> {
    let old = match std::fs::read_to_string(path) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut file = Replacement::with_mode(path, 0o600)?;
    file.write_all(edited(&old, variables).as_bytes())?;
    file.commit()
}

fn edited(old: &str, variables: &[(String, String)]) -> String {
    let mut text = String::new();
    for line in old.lines() {
        match variables.iter().any(|(name, _)| assigned(line) == Some(name)) {
            true => {}
            false => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    for (name, value) in variables {
        text.push_str(&format!("{name}={value}\n"));
    }
    text
}

fn assigned(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.split_once('=').map(|(name, _)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn other_lines_and_comments_stay_and_the_file_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        super::super::replace(&path, "# keys\nOPENAI_API_KEY=k\nexport SFT_MODEL_A=old\nSFT_MODEL_AB=other").unwrap();
        set_variables(&path, &[("SFT_MODEL_A".into(), "new".into())]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# keys\nOPENAI_API_KEY=k\nSFT_MODEL_AB=other\nSFT_MODEL_A=new\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
