"""Child of the indexing benchmark: loads an app with Microsoft's worker library, reports, ends.

    python -m dev.bench.index_app FOLDER

Prints one JSON object: the packages of `azure` that were imported.
"""

import asyncio
import json
import sys
from pathlib import Path

from localazure.functions_host.worker import Worker


async def main(folder: Path) -> None:
    worker = await Worker.load(folder)
    packages = sorted(
        name
        for name, module in sys.modules.items()
        if name.startswith(("azure.", "azure_")) and getattr(module, "__path__", None)
    )
    print(json.dumps({"functions": len(worker.functions), "packages": packages}), flush=True)
    worker.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve()))
