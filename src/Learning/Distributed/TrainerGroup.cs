using System.Runtime.ExceptionServices;
using CoKe.Client;
using CoKe.Learning.Data;
using CoKe.Learning.Images;
using CoKe.Learning.Resume;
using CoKe.Learning.Tensors;

namespace CoKe.Learning.Distributed;

/// <summary>The trainers of one model, as one of them sees it. This is the group of a trainer that is alone, who agrees with nobody;
/// <see cref="SharedTraining"/> is that of several.</summary>
public class TrainerGroup
{
    private protected TrainerGroup() { }

    /// <summary>A trainer without others.</summary>
    public static TrainerGroup Alone { get; } = new();

    /// <summary>Which of them this trainer is.</summary>
    public virtual RankPart Part => RankPart.Whole;

    /// <summary>Sums over the trainers.</summary>
    public virtual SumOverTrainers Sum => SumOfOne.Sum;

    /// <summary>Whether what ended this trainer ends all alike: then the first one says it and ends them.</summary>
    public virtual bool EndsAll => false;

    /// <summary>Begins a step.</summary>
    /// <param name="mine">The sizes of this trainer's images that could be read.</param>
    /// <returns>The mini-batch of all trainers.</returns>
    public virtual GlobalBatch Begin(ImageSize[] mine) => GlobalBatch.Of(mine);

    /// <summary>Refuses a value that all trainers have alike and that is not finite.</summary>
    /// <param name="value">The loss.</param>
    /// <exception cref="TrainingDivergedException">It is not finite.</exception>
    public virtual float Finite(float value) => TrainingDivergedException.Finite(value);

    /// <summary>Ends all trainers if one of them has diverged.</summary>
    /// <param name="worst">A value of this trainer that is not finite, if there is one.</param>
    /// <exception cref="TrainingDivergedException">A trainer's value is not finite.</exception>
    public virtual void CheckFinite(float worst) => TrainingDivergedException.Finite(worst);

    /// <summary>Hears that this trainer's clustering was rolled back. Alone it turns back at once; of several, all turn back together at
    /// the beginning of the next step, and what they do until then is forgotten.</summary>
    /// <exception cref="RolledBackException">The trainer is alone.</exception>
    public virtual void Hear(RolledBackException rolledBack) => ExceptionDispatchInfo.Throw(rolledBack);

    /// <summary>Ends the steps of an epoch.</summary>
    /// <param name="state">Of this trainer, which must be that of the others to the bit.</param>
    public virtual void EndSteps(LearnerState state) { }
}
