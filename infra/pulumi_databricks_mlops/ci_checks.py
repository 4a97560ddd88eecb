"""What can be wrong with the arguments of a CiRepository."""

import re

from pulumi_databricks_mlops.ci_args import CiEnvironmentArgs, CiRepositoryArgs
from pulumi_databricks_mlops.problems import Problems

PLATFORMS = ("github", "azure-devops")
VISIBILITIES = ("private", "internal", "public")
WRITES = ("pull-request", "direct")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_GITHUB_REVIEWERS = 6


def check(name: str, args: CiRepositoryArgs) -> None:
    """Refuse arguments that the platform would refuse, or that it would take and ignore.

    Raises:
        InputError: with every problem.
    """
    problems = Problems(f"CiRepository {name}")
    problems.require_one("platform", args["platform"], PLATFORMS)
    problems.require_one("visibility", args.get("visibility"), VISIBILITIES)
    problems.require_one("write_files", args.get("write_files"), WRITES)
    if not re.fullmatch(r"[\w.-]{1,100}", args["repository"]):
        problems.add(
            f"repository is {args['repository']!r}: give its name alone, letters, digits and `_ - .`."
        )
    if not 0 <= args.get("approvals", 1) <= 10:
        problems.add(f"approvals is {args.get('approvals')}: give 0 to 10.")
    if args.get("default_branch", "main") == args.get("release_branch", "release"):
        problems.add("default_branch and release_branch are the same: a release needs a branch of its own.")
    _governing(problems, args)
    _platform(problems, args)
    for environment, wanted in sorted(args.get("environments", {}).items()):
        _environment(problems, args["platform"], environment, wanted)
    problems.raise_any()


def _governing(problems: Problems, args: CiRepositoryArgs) -> None:
    if args.get("governs", False):
        return
    for key in ("create", "files", "pipelines"):
        if args.get(key):
            problems.add(f"{key} is for the stack that governs the repository: set governs, or leave it out.")


def _platform(problems: Problems, args: CiRepositoryArgs) -> None:
    azure = args["platform"] == "azure-devops"
    if azure and not args.get("project"):
        problems.add("project is missing: name the Azure DevOps project.")
    if azure and args.get("write_files") == "pull-request" and args.get("files"):
        problems.add("write_files can't be pull-request on Azure DevOps: use direct, or commit the files.")
    if not azure and args.get("pipelines"):
        problems.add(
            "pipelines are for Azure DevOps: GitHub finds its workflows in .github/workflows by itself."
        )
    if not azure and args.get("project"):
        problems.add("project is for Azure DevOps: leave it out.")
    for environment, wanted in sorted(args.get("environments", {}).items()):
        if azure and wanted.get("secrets") and not wanted.get("pipelines"):
            problems.add(f"The environment {environment} has secrets: name the pipelines that may read them.")
        if not azure and wanted.get("pipelines"):
            problems.add(f"The environment {environment} names pipelines: those are for Azure DevOps.")


def _environment(problems: Problems, platform: str, name: str, args: CiEnvironmentArgs) -> None:
    subject = f"The environment {name}"
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", name):
        problems.add(f"{subject} has a name that is not letters, digits and `_ - .`.")
    reviewers = args.get("reviewers", [])
    if platform == "github" and len(reviewers) > _GITHUB_REVIEWERS:
        problems.add(f"{subject} has {len(reviewers)} reviewers: GitHub takes 6, name a team.")
    if len(set(reviewers)) < len(reviewers):
        problems.add(f"{subject} names a reviewer twice.")
    if not 1 <= args.get("approvals", 1) <= max(len(reviewers), 1) and not _has_group(reviewers):
        problems.add(f"{subject} needs {args.get('approvals')} approvals of {len(reviewers)} reviewers.")
    if not 0 <= args.get("wait_minutes", 0) <= 43200:
        problems.add(f"{subject} waits {args.get('wait_minutes')} minutes: give 0 to 43200.")
    both = sorted(set(args.get("variables", {})) & set(args.get("secrets", {})))
    if both:
        problems.add(f"{subject} has {', '.join(both)} as variable and as secret: keep one.")
    for key in sorted({*args.get("variables", {}), *args.get("secrets", {})}):
        if not _VARIABLE.fullmatch(key) or key.startswith("GITHUB_"):
            problems.add(
                f"{subject} has a variable {key!r}: use A-Z, 0-9 and `_`, not first a digit nor GITHUB_."
            )


def _has_group(reviewers: list[str]) -> bool:
    return any(each.startswith(("group:", "team:")) for each in reviewers)
