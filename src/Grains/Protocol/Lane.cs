using CoKe.Abstractions;

namespace CoKe.Grains.Protocol;

/// <summary>A message in the reorder buffer, with the hash of its content.</summary>
internal sealed record Filed(MiniBatch Message, ulong ContentHash);

/// <summary>One rank's messages: what was taken, what waits, what was refused.</summary>
internal sealed class Lane
{
    readonly Dictionary<(int Epoch, long Sequence), Filed> _waiting = [];
    readonly List<ulong> _taken = [];
    readonly SortedDictionary<long, Refusal> _refusals = [];

    /// <summary>Generation of the admitted trainer; 0 before the first.</summary>
    public int Generation { get; set; }

    /// <summary>The next sequence to be taken into a step, in the open epoch.</summary>
    public long Next => _taken.Count;

    /// <summary>Sequences below this one are processed and durable.</summary>
    public long Watermark { get; set; }

    /// <summary>The rank's end of epoch was taken: from here on its parts are empty.</summary>
    public bool Ended { get; private set; }

    public IReadOnlyCollection<Refusal> Refusals => _refusals.Values;

    public Filed? Waiting(int epoch) => _waiting.GetValueOrDefault((epoch, Next));

    public ulong? HashOf(in BatchIdentity identity, int openEpoch) =>
        identity.Epoch == openEpoch && identity.Sequence < Next ? _taken[(int)identity.Sequence]
        : _waiting.TryGetValue((identity.Epoch, identity.Sequence), out var filed) ? filed.ContentHash : null;

    public void File(Filed filed)
    {
        _waiting[(filed.Message.Identity.Epoch, filed.Message.Identity.Sequence)] = filed;
        _refusals.Remove(filed.Message.Identity.Sequence);
    }

    public void Refuse(Refusal refusal)
    {
        if (refusal.Kind != RefusalKind.ConflictingContent) _waiting.Remove((refusal.Identity.Epoch, refusal.Identity.Sequence));
        _refusals[refusal.Identity.Sequence] = refusal;
    }

    /// <summary>True when exactly this content was refused before: a resent copy has no effect.</summary>
    public bool WasRefused(in BatchIdentity identity, ulong hash) =>
        _refusals.TryGetValue(identity.Sequence, out var refusal) && refusal.Identity == identity && refusal.ContentHash == hash;

    /// <summary>Takes the next message into a step.</summary>
    public void Take(int epoch)
    {
        _waiting.Remove((epoch, Next), out var filed);
        Ended = filed!.Message.IsEnd;
        _taken.Add(filed.ContentHash);
    }

    /// <summary>Starts the next epoch; what was sent behind the end of the last one is forgotten.</summary>
    public void OpenEpoch(int epoch)
    {
        foreach (var late in _waiting.Keys.Where(k => k.Epoch < epoch).ToArray()) _waiting.Remove(late);
        _taken.Clear();
        _refusals.Clear();
        Watermark = 0;
        Ended = false;
    }
}
