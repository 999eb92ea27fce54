using System.Globalization;

namespace CoKe.Abstractions;

/// <summary>What a run does at the moment, as a person would say it; <see cref="RunState"/> says whether its actors are in
/// memory.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Ranks">Whom it waits for, ascending; empty where it waits for nobody.</param>
/// <param name="Reason">Why it waits for them; null where it waits for nobody.</param>
/// <param name="SilentSeconds">How long the one that is silent for longest has said nothing; null where none is silent.</param>
[GenerateSerializer, Immutable]
public sealed record RunActivity(ActivityKind Kind, IReadOnlyList<int> Ranks, WaitReason? Reason = null, double? SilentSeconds = null)
{
    /// <summary>An activity in which the run waits for nobody.</summary>
    /// <param name="kind">What it does.</param>
    public static RunActivity Of(ActivityKind kind) => new(kind, []);

    /// <summary>For instance <c>training</c>, or <c>waiting for rank 2, silent for 7 s</c>.</summary>
    public override string ToString() => Reason is null ? Word : $"{Word}{Because}";

    string Word =>
        Kind != ActivityKind.Waiting ? Kind.ToString().ToLowerInvariant()
        : Ranks.Count == 1 ? $"waiting for rank {Ranks[0]}"
        : $"waiting for ranks {string.Join(", ", Ranks)}";

    string Because =>
        Reason switch
        {
            WaitReason.NotCome => Ranks.Count == 1 ? ", which has not come yet" : ", which have not come yet",
            WaitReason.Silent => string.Create(CultureInfo.InvariantCulture, $", silent for {SilentSeconds ?? 0:0} s"),
            _ => Ranks.Count == 1 ? ", which has not sent its part" : ", which have not sent their parts",
        };
}

/// <summary>What a run does.</summary>
public enum ActivityKind
{
    /// <summary>It exists, and no trainer has come yet.</summary>
    Created,

    /// <summary>Epoch 0 is processed: every image is clustered once, and nothing is trained.</summary>
    Scanning,

    /// <summary>Mini-batches of a later epoch are processed.</summary>
    Training,

    /// <summary>It cannot go on without the ranks that are named.</summary>
    Waiting,

    /// <summary>Its trainers are there, and none of them sends anything.</summary>
    Idle,

    /// <summary>Every rank has said that it is done.</summary>
    Finished,

    /// <summary>Stored, not in memory.</summary>
    Asleep,

    /// <summary>Being brought up from what is stored.</summary>
    Recovering,

    /// <summary>It cannot go on without a command.</summary>
    Faulted,
}

/// <summary>Why a run waits for a rank.</summary>
public enum WaitReason
{
    /// <summary>No trainer has taken the rank yet, and other ranks have one.</summary>
    NotCome,

    /// <summary>Its trainer has said nothing for longer than a living one does: it was killed, has closed its session, or is cut
    /// off.</summary>
    Silent,

    /// <summary>Its trainer lives, and its mini-batch, or its end of epoch, is all that the next step needs.</summary>
    PartMissing,
}
