using CoKe.Client;
using CoKe.Learning.Distributed;
using CoKe.Learning.Losses;
using static TorchSharp.torch;

namespace CoKe.Learning.Training;

/// <summary>Where the targets of a mini-batch come from, and when its embeddings go to the clustering. This is CoKe: y^{t-1} and C^{t-1},
/// and a step that waits for nothing.</summary>
/// <param name="last">Targets of the epoch before.</param>
/// <param name="clustering">Takes the embeddings.</param>
/// <param name="device">Where training happens.</param>
public class CommittedTargets(EpochTargets last, ClusteringLink clustering, Device device)
{
    /// <summary>Those of a mini-batch; asked between forward and loss. The caller's dispose scope owns them.</summary>
    /// <param name="ids">[b]: images.</param>
    /// <param name="embeddings">[b, d].</param>
    public virtual BatchTargets Of(int[] ids, Tensor embeddings) => last.Of(tensor(ids, ScalarType.Int64).to(device));

    /// <summary>Takes what a step leaves.</summary>
    public virtual void Push(LearnedBatch learned) => clustering.Push(learned.Ids, learned.Embeddings);
}

/// <summary>
/// Table 2's other settings: a mini-batch is clustered first, and then classified by what it got, uncommitted as that is. A roll-back takes
/// the learner back too.
/// </summary>
/// <param name="which">What is taken of the open epoch.</param>
/// <param name="last">Targets of the epoch before, for the rest.</param>
/// <param name="clustering">Takes the embeddings, and says what became of them.</param>
/// <param name="group">The trainers of the model.</param>
/// <param name="device">Where training happens.</param>
public sealed class OpenEpochTargets(TargetOptions which, EpochTargets last, ClusteringLink clustering, TrainerGroup group, Device device)
    : CommittedTargets(last, clustering, device)
{
    readonly Device _device = device;
    readonly ClusteringLink _clustering = clustering;

    /// <inheritdoc/>
    public override BatchTargets Of(int[] ids, Tensor embeddings)
    {
        // They leave before there is a loss. A trainer that has not diverged would wait in the clustering for one that has, so all learn of
        // it first.
        var values = Learner.ToArray(embeddings);
        group.CheckFinite(values.FirstOrDefault(value => !float.IsFinite(value)));
        var committed = base.Of(ids, embeddings);
        // Of several trainers the others are in this step too, which is done with them and then forgotten.
        return _clustering.Push(ids, values) && _clustering.ReadUncommitted(ids) is { } current ? With(committed, current) : committed;
    }

    /// <summary>Nothing: it has been pushed.</summary>
    public override void Push(LearnedBatch learned) { }

    BatchTargets With(BatchTargets committed, UncommittedState current) =>
        committed with
        {
            Labels =
                which.Labels == TargetEpoch.Current
                    ? [.. current.Labels.Select(l => new PseudoLabels(tensor(l, ScalarType.Int64).unsqueeze(1).to(_device)))]
                    : committed.Labels,
            Centers =
                which.Centers == TargetEpoch.Current
                    ? cat([.. current.Centers.Select(c => tensor(c).view(-1, committed.Centers.shape[1]))]).to(_device)
                    : committed.Centers,
        };
}
