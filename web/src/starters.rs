//! Projects to begin with: a folder with a Dockerfile and sources.

use drydock::desk::Change;

/// A project.
pub struct Starter {
    /// The name of its folder.
    pub folder: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it is, and the commands that build and run it.
    pub about: &'static str,
    files: &'static [(&'static str, &'static str)],
}

/// All of them.
pub const STARTERS: [Starter; 3] = [
    Starter {
        folder: "express",
        title: "An Express page",
        about: "Node.js and Express: a page and two routes on port 3000.",
        files: &[
            ("Dockerfile", include_str!("../starters/express/Dockerfile")),
            (".dockerignore", include_str!("../starters/express/dockerignore")),
            ("package.json", include_str!("../starters/express/package.json")),
            ("server.js", include_str!("../starters/express/server.js")),
            ("public/index.html", include_str!("../starters/express/public/index.html")),
        ],
    },
    Starter {
        folder: "flask",
        title: "A Flask page",
        about: "Python and Flask: a page from a template and two routes on port 5000.",
        files: &[
            ("Dockerfile", include_str!("../starters/flask/Dockerfile")),
            (".dockerignore", include_str!("../starters/flask/dockerignore")),
            ("requirements.txt", include_str!("../starters/flask/requirements.txt")),
            ("app.py", include_str!("../starters/flask/app.py")),
            ("templates/index.html", include_str!("../starters/flask/templates/index.html")),
        ],
    },
    Starter {
        folder: "static",
        title: "A static site",
        about: "A page and its style, served by nginx on port 80.",
        files: &[
            ("Dockerfile", include_str!("../starters/static/Dockerfile")),
            ("index.html", include_str!("../starters/static/index.html")),
            ("style.css", include_str!("../starters/static/style.css")),
        ],
    },
];

impl Starter {
    /// The changes that put it into a directory, in a folder that is free.
    pub fn changes(&self, directory: &str, taken: impl Fn(&str) -> bool) -> (String, Vec<Change>) {
        let base = directory.trim_end_matches('/');
        let names =
            std::iter::once(self.folder.to_owned()).chain((2..99).map(|n| format!("{}-{n}", self.folder)));
        let mut paths = names.map(|name| format!("{base}/{name}"));
        let folder = paths.find(|path| !taken(path)).unwrap_or_else(|| format!("{base}/{}", self.folder));
        let write = |(path, text): &(&str, &str)| Change::write(&format!("{folder}/{path}"), text.as_bytes());
        let changes = self.files.iter().map(write).collect();
        (folder, changes)
    }
}
