"""The files of a bucket as a dictionary, over whatever answers as S3."""

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass

from ledger.objects import S3Objects


@dataclass(frozen=True, slots=True, eq=False)
class StoredFiles(MutableMapping[str, bytes]):
    """The newest bytes under each key of a bucket."""

    objects: S3Objects
    bucket: str

    def __getitem__(self, key: str) -> bytes:
        data = self.objects.get(self.bucket, key)
        if data is None:
            raise KeyError(key)
        return data

    def __setitem__(self, key: str, data: bytes) -> None:
        self.objects.put(self.bucket, key, data)

    def __delitem__(self, key: str) -> None:
        self[key]  # or a KeyError
        self.objects.client.delete_object(Bucket=self.bucket, Key=key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.objects.keys(self.bucket, ""))

    def __len__(self) -> int:
        return len(self.objects.keys(self.bucket, ""))
