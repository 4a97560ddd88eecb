"""Tables for reading alone: what Spark gets of a table that its user may read and must not write.

Spark asks the catalog the same thing before it reads and before it writes, so the answer has to tell the
two apart: who may do both gets the table's folder, who may only read `s3://unity/catalog/schema/table`.
That is here: as much of S3's protocol as reading a Delta table takes, and each write is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from mlops_sandbox.databricks.unity import access, tables
from mlops_sandbox.errors import ApiError, denied, not_found
from mlops_sandbox.server.routing import Call, Routes

routes = Routes()

_BUCKET = "unity"
_ROOT = "/storage"
_STEPS = 3


def readable(full_name: str) -> str:
    """Where Spark reads a table that it must not write."""
    return f"s3://{_BUCKET}/{'/'.join(full_name.split('.'))}"


def variables(url: str, token: str) -> dict[str, str]:
    """The environment in which Spark finds the places of :func:`readable`.

    Args:
        url: the workspace's address.
        token: of whom Spark reads as.
    """
    return {
        "AWS_ENDPOINT_URL": f"{url}{_ROOT}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        # Requests carry the session token as it is; nothing is made of the signature.
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_SESSION_TOKEN": token,
    }


def _place(call: Call, key: str) -> tuple[Path, Path]:
    """The folder of the table that a key is in, and what the key names; 403 unless the caller may read it."""
    parts = key.split("/")
    if len(parts) <= _STEPS:
        raise not_found(f"{key} is in no table.", "NoSuchKey")
    name = ".".join(parts[:_STEPS])
    folder = tables.table_location(call.sandbox, call.workspace, name).resolve()
    access.require(call, "table", name, "SELECT")
    place = folder.joinpath(*parts[_STEPS:]).resolve()
    if not place.is_relative_to(folder):
        raise denied(f"{key} leaves its table.")
    return folder, place


def _files(folder: Path) -> Iterator[Path]:
    yield from (each for each in folder.rglob("*") if each.is_file())


def _entry(key: str, file: Path) -> str:
    known = file.stat()
    changed = datetime.fromtimestamp(known.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{changed}</LastModified>"
        f"<ETag>&quot;{known.st_mtime_ns}&quot;</ETag><Size>{known.st_size}</Size></Contents>"
    )


def _list(call: Call) -> Response:
    """The objects that begin with `prefix`, as ListObjectsV2 tells them."""
    prefix, after = call.query.get("prefix", ""), call.query.get("start-after", "")
    delimiter, root = call.query.get("delimiter", ""), "/".join(prefix.split("/")[:_STEPS]) + "/"
    folder, _ = _place(call, prefix)
    keys = {root + each.relative_to(folder).as_posix(): each for each in _files(folder)}
    entries, folders = [], set()
    for key in sorted(each for each in keys if each.startswith(prefix) and each > after):
        rest = key.removeprefix(prefix)
        if delimiter and delimiter in rest:
            folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
        else:
            entries.append(_entry(key, keys[key]))
    common = "".join(
        f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in sorted(folders)
    )
    body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(entries)}{common}</ListBucketResult>"
    return Response(body, media_type="application/xml")


def _read(call: Call) -> Response:
    _, place = _place(call, call.path["key"])
    if not place.is_file():
        raise not_found("The specified key does not exist.", "NoSuchKey")
    return FileResponse(place)


def _refuse(call: Call) -> Response:
    key = call.path.get("key", "")
    _place(call, key)
    access.require(call, "table", ".".join(key.split("/")[:_STEPS]), "MODIFY")
    raise denied("The table was opened for reading alone: open it again to write.")


def _answered(call: Call) -> Response:
    try:
        if call.request.method not in {"GET", "HEAD"}:
            return _refuse(call)
        return _read(call) if call.path.get("key") else _list(call)
    except ApiError as error:
        code = "AccessDenied" if error.status == 403 else error.error_code
        body = f"<Error><Code>{code}</Code><Message>{escape(error.message)}</Message></Error>"
        return Response(body, status_code=error.status, media_type="application/xml")


@routes.raw("GET HEAD PUT POST DELETE", f"{_ROOT}/{_BUCKET}", f"{_ROOT}/{_BUCKET}/{{key:path}}")
async def answer(call: Call) -> Response:
    """An object or a list of objects of a table that the caller may read."""
    async for _ in call.request.stream():
        # What is refused is taken off the connection, which serves the next request.
        pass
    return await run_in_threadpool(_answered, call)
