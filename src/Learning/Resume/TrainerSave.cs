namespace CoKe.Learning.Resume;

/// <summary>A trainer at the end of an epoch, before it tells the clustering of that end: what continues from the boundary that closes the
/// epoch.</summary>
/// <param name="RunId">The clustering's run, which no other run ever shares.</param>
/// <param name="Generation">The trainer's, for whoever looks into a save.</param>
/// <param name="Attempt">The run's, likewise.</param>
/// <param name="Epoch">The epoch that ends; 0 is the scan.</param>
/// <param name="Steps">Steps done in the whole run: the place in the learning rate's schedule.</param>
/// <param name="Trace">What was noted of every epoch so far, this one included.</param>
/// <param name="LabelsBefore">The smallest head's labels of the epoch before, which this one learned from; empty in the scan.</param>
/// <param name="Spent">What the run had cost by then.</param>
/// <param name="Learner">The learner.</param>
public sealed record TrainerSave(
    string RunId,
    int Generation,
    int Attempt,
    int Epoch,
    int Steps,
    IReadOnlyList<EpochTrace> Trace,
    int[] LabelsBefore,
    Cost Spent,
    LearnerState Learner
);
