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
from cosetta.results.comparison import (
    Agreement,
    ComparedAccount,
    ComparedNetwork,
    Comparison,
    Entry,
    IrrepMeasures,
    Mean,
    Relation,
    Summary,
    Uncovered,
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
from cosetta.results.frequencies import Frequency, FrequencyFindings, FrequencyNeuron
from cosetta.results.neuron_rows import neuron_row
from cosetta.results.neuron_table import Neurons
from cosetta.results.neurons import DeadNeuron, LiveNeuron, Neuron, NeuronFacts
from cosetta.results.one_neuron import OneNeuron
from cosetta.results.worked import Elimination, Part, Specimen, WorkedProduct

__all__ = [
    "SCHEMA",
    "Ablation",
    "AccountNeuron",
    "AccountRecord",
    "Agreement",
    "Analysis",
    "Arena",
    "Chance",
    "CircuitRecord",
    "ClassSummary",
    "ComparedAccount",
    "ComparedNetwork",
    "Comparison",
    "Contest",
    "Control",
    "CosetFindings",
    "CosetLabel",
    "CosetNeuron",
    "DeadNeuron",
    "Draws",
    "Elimination",
    "Entry",
    "Evidence",
    "Exchange",
    "Exemplar",
    "Frequency",
    "FrequencyFindings",
    "FrequencyNeuron",
    "IrrepMeasures",
    "LiveNeuron",
    "Mean",
    "Mode",
    "Neuron",
    "NeuronFacts",
    "Neurons",
    "OneNeuron",
    "OpenNeuron",
    "Part",
    "Prediction",
    "Relation",
    "SharedCoset",
    "Specimen",
    "Standing",
    "Summary",
    "TrainingCurve",
    "Uncovered",
    "Verdict",
    "WorkedProduct",
    "load_analysis",
    "neuron_row",
]
