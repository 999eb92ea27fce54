namespace CoKe.Abstractions;

/// <summary>What a trainer learns by polling; there is no push that could be lost.</summary>
/// <param name="Stamp">Grows with every change; pass it to the next poll, which then waits for news.</param>
/// <param name="Incarnation">The sequencer's incarnation; a new one asks every session to resend from its watermark.</param>
/// <param name="Attempt">The run's attempt; a new one asks every trainer to reload its boundary save.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="CommittedIncarnation">The incarnation that committed epoch <paramref name="Epoch"/> - 1; names it in requests.</param>
/// <param name="NextExpected">The rank's next sequence that has not been processed.</param>
/// <param name="DurableWatermark">The rank's sequences below this one are durable and need not be kept by the session.</param>
/// <param name="Refusals">Open refusals of this rank's messages.</param>
/// <param name="Processed">The rank's sequences below this one are processed, durable or not.</param>
/// <param name="Step">The last global step that is processed.</param>
[GenerateSerializer, Immutable]
public sealed record Progress(
    long Stamp,
    int Incarnation,
    int Attempt,
    int Epoch,
    int CommittedIncarnation,
    long NextExpected,
    long DurableWatermark,
    IReadOnlyList<Refusal> Refusals,
    [Id(9)] long Processed, // 8 was in use
    [Id(10)] long Step
);

/// <summary>A message the sequencer refused whole. Its sequence stays open until a message with other content takes its place.</summary>
/// <param name="Identity">The refused message.</param>
/// <param name="ContentHash">The hash of the refused content, so that a session tells it from its replacement.</param>
/// <param name="Kind">Which rule was broken.</param>
/// <param name="Field">The field.</param>
/// <param name="Value">Its value.</param>
/// <param name="Message">One sentence with the remedy.</param>
[GenerateSerializer, Immutable]
public sealed record Refusal(BatchIdentity Identity, ulong ContentHash, RefusalKind Kind, string Field, string Value, string Message);

/// <summary>Why a message was refused.</summary>
public enum RefusalKind
{
    /// <summary>NaN, zero rows, norms, wrong dimension, empty batch.</summary>
    InvalidEmbeddings,

    /// <summary>Unknown, negative or repeated image id.</summary>
    InvalidImageId,

    /// <summary>An identity came again with other content.</summary>
    ConflictingContent,

    /// <summary>The end of epoch does not fit the mini-batches sent.</summary>
    InvalidEnd,
}
