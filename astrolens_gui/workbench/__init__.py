"""The one object that window and command line hold: store + plugins + jobs; it knows neither Qt nor argparse."""

from .bench import Workbench
from .records import ImportReport, LoadedImage, ProjectInfo, QueueTable, ScoreReport, TrainReport

__all__ = ["ImportReport", "LoadedImage", "ProjectInfo", "QueueTable", "ScoreReport", "TrainReport", "Workbench"]
