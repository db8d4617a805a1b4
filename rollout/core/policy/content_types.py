"""What a sample request is, told by the ending of its file's name."""

from pathlib import PurePosixPath

JSON = "application/json"
BYTES = "application/octet-stream"
BY_ENDING = {
    ".json": JSON,
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
    ".npy": BYTES,
    ".bin": BYTES,
    ".parquet": BYTES,
}


def content_type_of(file: str) -> str | None:
    """Return the content type of a file of this name, None where its ending does not tell."""
    return BY_ENDING.get(PurePosixPath(file).suffix.lower())
