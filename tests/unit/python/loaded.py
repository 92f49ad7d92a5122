"""Makes units/python/superd_worker.py importable."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "units" / "python"))
