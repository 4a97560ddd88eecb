"""A bare repository: everything that a code host's API asks of git, by git's own plumbing."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops_sandbox.git.objects import Commit, Entry, Signature, parse_commit, parse_entries

_locks: dict[Path, threading.RLock] = {}
_locks_guard = threading.Lock()


class GitError(Exception):
    """Git refused; the text is its own."""


class MergeConflictError(GitError):
    """Two commits can't be merged without a person."""


@dataclass(frozen=True)
class Change:
    """What a commit does to one path: new content, or None to remove it."""

    path: str
    content: bytes | None
    mode: str = "100644"


def clean_environment() -> dict[str, str]:
    """An environment in which the user's own git settings and hooks have no say."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


@dataclass(frozen=True)
class GitRepository:
    """A bare repository in a folder."""

    path: Path

    @classmethod
    def create(cls, path: Path, default_branch: str) -> GitRepository:
        """Make an empty one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        made = cls(path)
        made._run("init", "--quiet", "--bare", f"--initial-branch={default_branch}", str(path), inside=False)
        return made

    @property
    def lock(self) -> threading.RLock:
        """Held by whoever reads a branch in order to move it."""
        with _locks_guard:
            return _locks.setdefault(self.path, threading.RLock())

    def _run(
        self,
        *arguments: str,
        data: bytes | None = None,
        env: Mapping[str, str] | None = None,
        accept: Sequence[int] = (0,),
        inside: bool = True,
    ) -> subprocess.CompletedProcess[bytes]:
        if any("\0" in part for part in arguments):
            raise GitError("a name holds a null character")
        where = ["--git-dir", str(self.path)] if inside else []
        done = subprocess.run(
            ["git", *where, *arguments],
            input=data if data is not None else b"",
            env={**clean_environment(), **(env or {})},
            capture_output=True,
            check=False,
        )
        if done.returncode not in accept:
            raise GitError(done.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed")
        return done

    def _text(self, *arguments: str, data: bytes | None = None, env: Mapping[str, str] | None = None) -> str:
        return self._run(*arguments, data=data, env=env).stdout.decode("utf-8", "replace").strip()

    def resolve(self, revision: str, kind: str = "commit") -> str | None:
        """The object id of a branch, tag or id; None when there is none of that kind."""
        asked = f"{revision}^{{{kind}}}"
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", asked, accept=(0, 1, 128))
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def branch(self, name: str) -> str | None:
        """The commit that a branch points at."""
        return self.resolve(f"refs/heads/{name}")

    def references(self, prefix: str) -> list[tuple[str, str]]:
        """Names and object ids of the references that start with `refs/heads/…`."""
        lines = self._text("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        pairs = [(name, sha) for name, sha in (line.split(" ", 1) for line in lines)]
        return [pair for pair in pairs if pair[0].startswith(prefix)]

    def valid_name(self, reference: str) -> bool:
        """Whether git takes that as a reference's full name."""
        return self._run("check-ref-format", reference, accept=(0, 1)).returncode == 0

    def move(self, reference: str, new: str, old: str | None = None) -> None:
        """Point a reference at a commit; with `old`, only while it still points there.

        Raises:
            GitError: somebody else moved it, or the commit is not there.
        """
        self._run("update-ref", "--create-reflog", reference, new, *([old] if old is not None else []))

    def drop(self, reference: str) -> None:
        """Delete a reference."""
        self._run("update-ref", "-d", reference)

    def set_head(self, branch: str) -> None:
        """What a clone checks out."""
        self._run("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def commit(self, sha: str) -> Commit:
        """A commit's fields."""
        return parse_commit(sha, self._run("cat-file", "commit", sha).stdout)

    def log(self, revision: str, *, path: str = "", limit: int = 1000) -> list[str]:
        """Commit ids from a revision (or a range `a..b`) backwards, newest first."""
        arguments = ["rev-list", f"--max-count={limit}", revision, "--", *([path] if path else [])]
        return self._text(*arguments).split()

    def entries(self, revision: str, path: str = "", *, recursive: bool = False) -> list[Entry]:
        """What a folder holds; `recursive` with all that is below, folders themselves included."""
        flags = ["-r", "-t"] if recursive else []
        tree = f"{revision}:{path}" if path else revision
        if self.resolve(tree, "tree") is None:
            return []
        return parse_entries(self._run("ls-tree", "-z", "-l", *flags, tree).stdout)

    def entry(self, revision: str, path: str) -> Entry | None:
        """The file or folder at a path."""
        found = parse_entries(
            self._run("ls-tree", "-z", "-l", "--full-tree", revision, "--", f":(literal){path}").stdout
        )
        return found[0] if found else None

    def blob(self, sha: str) -> bytes:
        """A file's content."""
        return self._run("cat-file", "blob", sha).stdout

    def write_blob(self, content: bytes) -> str:
        """Keep a content and return its object id."""
        return self._text("hash-object", "-w", "--stdin", data=content)

    def write_tree(self, base: str | None, changes: Iterable[Change]) -> str:
        """The tree of a commit (None: an empty one) with changes applied."""
        with tempfile.TemporaryDirectory(prefix="mlops-index-") as folder:
            env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base is not None:
                self._run("read-tree", base, env=env)
            lines = []
            for change in changes:
                sha = "0" * 40 if change.content is None else self.write_blob(change.content)
                mode = "0" if change.content is None else change.mode
                lines.append(f"{mode} {sha}\t{change.path}\0".encode())
            self._run("update-index", "-z", "--index-info", data=b"".join(lines), env=env)
            return self._text("write-tree", env=env)

    def write_commit(
        self, tree: str, parents: Iterable[str], message: str, author: Signature, committer: Signature
    ) -> str:
        """Make a commit and return its id; no branch moves."""
        env = {**author.environment("AUTHOR"), **committer.environment("COMMITTER")}
        links = [part for parent in parents for part in ("-p", parent)]
        return self._text("commit-tree", tree, *links, data=message.encode(), env=env)

    def merge_tree(self, ours: str, theirs: str) -> str:
        """The tree of two commits' merge.

        Raises:
            MergeConflictError: they conflict.
        """
        done = self._run("merge-tree", "--write-tree", ours, theirs, accept=(0, 1))
        if done.returncode == 1:
            raise MergeConflictError("Merge conflict")
        return done.stdout.decode().split()[0]

    def rebase(self, base: str, head: str, committer: Signature) -> str:
        """The commits of `head` that `base` lacks, made again on top of it; returns the last one.

        Raises:
            MergeConflictError: one of them does not apply.
        """
        env = committer.environment("COMMITTER")
        with tempfile.TemporaryDirectory(prefix="mlops-rebase-") as folder:
            tree = Path(folder) / "tree"
            self._run("worktree", "add", "--quiet", "--detach", str(tree), head)
            try:
                steps = ["rebase", "--quiet", "--force-rebase", base]
                done = self._run("-C", str(tree), *steps, env=env, accept=(0, 1), inside=False)
                if done.returncode != 0:
                    raise MergeConflictError("Rebase conflict")
                found = self._run("-C", str(tree), "rev-parse", "HEAD", inside=False)
                return found.stdout.decode().strip()
            finally:
                self._run("worktree", "remove", "--force", str(tree))

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor."""
        done = self._run("merge-base", one, other, accept=(0, 1))
        return done.stdout.decode().strip() or None

    def contains(self, ancestor: str, descendant: str) -> bool:
        """Whether the second commit's history holds the first."""
        done = self._run("merge-base", "--is-ancestor", ancestor, descendant, accept=(0, 1))
        return done.returncode == 0

    def diff(self, old: str, new: str, *options: str) -> bytes:
        """`git diff` of two trees or commits."""
        return self._run("diff", "--no-color", "--no-ext-diff", "-M", *options, old, new, "--").stdout

    def diff_of(self, old: str, new: str, paths: Iterable[str]) -> str:
        """The patch of some paths between two trees or commits."""
        literal = [f":(literal){path}" for path in paths]
        done = self._run("diff", "--no-color", "--no-ext-diff", "-M", old, new, "--", *literal)
        return done.stdout.decode("utf-8", "replace")

    def fetch(self, source: GitRepository, *refspecs: str) -> None:
        """Bring another repository's commits here."""
        self._run("fetch", "--quiet", "--no-tags", str(source.path), *refspecs)
