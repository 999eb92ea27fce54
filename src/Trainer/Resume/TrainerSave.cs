using CoKe.Trainer.Training;

namespace CoKe.Trainer.Resume;

/// <summary>A trainer at the end of an epoch, before it tells the clustering of that end: what continues from the boundary that closes the epoch.</summary>
/// <param name="RunId">The clustering's run, which no other run ever shares.</param>
/// <param name="Generation">The trainer's, for whoever looks into a save.</param>
/// <param name="Attempt">The run's, likewise.</param>
/// <param name="Epoch">The epoch that ends; 0 is the scan.</param>
/// <param name="Steps">Steps done in the whole run: the place in the learning rate's schedule.</param>
/// <param name="Trace">What was noted of every epoch so far, this one included.</param>
/// <param name="LabelsBefore">The smallest head's labels of the epoch before, which this one learned from; empty in the scan.</param>
/// <param name="Spent">What the run had cost by then.</param>
/// <param name="Learner">The learner.</param>
sealed record TrainerSave(
    string RunId, int Generation, int Attempt, int Epoch, int Steps, IReadOnlyList<EpochTrace> Trace, int[] LabelsBefore, Cost Spent, LearnerState Learner);

/// <summary>What the trainer alone knows of an epoch; the clustering keeps the rest.</summary>
/// <param name="Epoch">0 is the scan.</param>
/// <param name="Loss">Mean loss of the steps; null in the scan.</param>
/// <param name="LabelAgreement">See <see cref="EpochRecord"/>; null also until the boundary is committed.</param>
/// <param name="Seconds">Time it took.</param>
/// <param name="SecondsWaited">The part of it that was spent waiting for the clustering.</param>
sealed record EpochTrace(int Epoch, double? Loss, double? LabelAgreement, double Seconds, double SecondsWaited);

/// <summary>Time that went into a run, over all its processes; what a killed one did since its last save does not count.</summary>
/// <param name="Seconds">By the clock.</param>
/// <param name="CpuSeconds">Of processors.</param>
readonly record struct Cost(double Seconds, double CpuSeconds)
{
    public static Cost operator +(Cost a, Cost b) => new(a.Seconds + b.Seconds, a.CpuSeconds + b.CpuSeconds);
}
