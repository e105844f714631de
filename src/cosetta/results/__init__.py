"""What an analysis says, as plain frozen data. Nothing here searches, scores, or imports torch."""

from cosetta.results.analysis import SCHEMA, Analysis, Chance, TrainingCurve, load_analysis
from cosetta.results.arena import (
    AccountNeuron,
    AccountRecord,
    Arena,
    Contest,
    Draws,
    Exchange,
    Mode,
    Prediction,
    Standing,
)
from cosetta.results.coset import (
    Ablation,
    CircuitRecord,
    ClassSummary,
    CosetFindings,
    CosetLabel,
    CosetNeuron,
    Exemplar,
    OpenNeuron,
    SharedCoset,
)
from cosetta.results.evidence import Control, Evidence, Verdict
from cosetta.results.neurons import DeadNeuron, LiveNeuron, Neuron, NeuronFacts

__all__ = [
    "SCHEMA",
    "Ablation",
    "AccountNeuron",
    "AccountRecord",
    "Analysis",
    "Arena",
    "Chance",
    "CircuitRecord",
    "ClassSummary",
    "Contest",
    "Control",
    "CosetFindings",
    "CosetLabel",
    "CosetNeuron",
    "DeadNeuron",
    "Draws",
    "Evidence",
    "Exchange",
    "Exemplar",
    "LiveNeuron",
    "Mode",
    "Neuron",
    "NeuronFacts",
    "OpenNeuron",
    "Prediction",
    "SharedCoset",
    "Standing",
    "TrainingCurve",
    "Verdict",
    "load_analysis",
]
