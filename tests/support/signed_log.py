"""A log of any leaves, signed by anybody."""

from collections.abc import Iterable

from tlog import Checkpoint, GrowingTree, Signer, sign_checkpoint, verifier_key


def signed_log(folder: str, origin: str, signer: Signer,
               leaves: Iterable[bytes]) -> tuple[dict[str, bytes], Checkpoint]:  # fmt: skip
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    checkpoint = Checkpoint(origin, tree.size, tree.root())
    files = {folder + path: data for path, data in tree.finish().items()}
    files[f"{folder}checkpoint"] = sign_checkpoint(checkpoint, signer)
    files[f"{folder}vkey"] = verifier_key(origin, signer.public_key()).encode() + b"\n"
    return files, checkpoint
