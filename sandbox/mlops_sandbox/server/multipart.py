"""Bodies of the kind `multipart/form-data` (RFC 7578), as SDKs send files."""

from __future__ import annotations

from email.message import Message

from mlops_sandbox.errors import ApiError


def _parameters(header: str) -> Message:
    message = Message()
    message["content-type"] = header
    return message


def _field_name(head: bytes) -> str:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            field = _parameters(value.strip()).get_param("name")
            if isinstance(field, str):
                return field
    raise ApiError(400, "MALFORMED_REQUEST", "A part of the multipart body has no name.")


def form_fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """The fields of a form, files among them, byte for byte.

    Args:
        content_type: the request's Content-Type header, which names the boundary.
        body: the whole body.

    Raises:
        ApiError: 400 when the body is not what the header says.
    """
    boundary = _parameters(content_type).get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise ApiError(400, "MALFORMED_REQUEST", "The multipart body has no boundary.")
    delimiter = b"\r\n--" + boundary.encode()
    parts = (b"\r\n" + body).split(delimiter)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise ApiError(400, "MALFORMED_REQUEST", "The multipart body ends before its last part does.")
    fields: dict[str, bytes] = {}
    for part in parts[1:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            raise ApiError(400, "MALFORMED_REQUEST", "A part of the multipart body has no content.")
        fields[_field_name(head)] = content
    return fields
