using CoKe.Abstractions;

namespace CoKe.Grains.Protocol;

/// <summary>A message in the reorder buffer, with the hash of its content.</summary>
sealed record Filed(MiniBatch Message, ulong ContentHash);

/// <summary>One rank's messages: what was taken, what waits, what was refused.</summary>
/// <param name="capacity">Refusals that are remembered; of more the earliest are forgotten.</param>
/// <param name="room">What all runs share, for what exceeds <see cref="OwnBytes"/>.</param>
sealed class RankInbox(int capacity, ReorderRoom room)
{
    /// <summary>So many bytes of messages a rank may always have waiting; <c>RunMemory</c> counts them.</summary>
    public const long OwnBytes = 16 << 20;

    readonly Dictionary<(int Epoch, long Sequence), Filed> _waiting = [];
    readonly List<ulong> _taken = []; // hashes of the messages taken since the epoch's start, or since the recovery
    long _resumedAt;
    readonly SortedDictionary<(int Epoch, long Sequence), Refusal> _refusals = [];

    /// <summary>Generation of the admitted trainer; 0 before the first.</summary>
    public int Generation { get; private set; }

    /// <summary>The next sequence to be taken into a step, in the open epoch.</summary>
    public long Next => _resumedAt + _taken.Count;

    /// <summary>Sequences below this one are processed and durable.</summary>
    public long Watermark { get; set; }

    /// <summary>Bytes of the messages in the reorder buffer.</summary>
    public long WaitingBytes { get; private set; }

    /// <summary>The rank's end of epoch was taken: from here on its parts are empty.</summary>
    public bool Ended { get; private set; }

    public IReadOnlyCollection<Refusal> Refusals => _refusals.Values;

    /// <summary>Goes on where a stored version left off: what is below the watermark is in it, and counts as known whatever it
    /// says.</summary>
    public void Resume(int generation, long watermark) => (Generation, _resumedAt, Watermark) = (generation, watermark, watermark);

    /// <summary>The message is in the version this incarnation began from.</summary>
    public bool IsDurable(in BatchIdentity identity, int openEpoch) => identity.Epoch == openEpoch && identity.Sequence < _resumedAt;

    /// <summary>Hears only this generation from now on: what an older one has waiting, or was refused, is forgotten.</summary>
    public void Admit(int generation)
    {
        if (generation <= Generation)
            return;
        Generation = generation;
        _waiting.Clear();
        Wait(-WaitingBytes);
        _refusals.Clear();
    }

    /// <summary>Whether a message that came before its turn may wait.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="most">The bytes that the rank may have waiting at most.</param>
    public bool HasRoom(long bytes, long most) =>
        WaitingBytes + bytes is var after && (after <= OwnBytes || (after <= most && room.Has(Shared(after) - Shared(WaitingBytes))));

    /// <summary>Nothing more is taken from here: what waits is forgotten.</summary>
    public void Abandon()
    {
        _waiting.Clear();
        Wait(-WaitingBytes);
    }

    /// <summary>The next message to be taken into a step; null: it has not come.</summary>
    public Filed? Waiting(int epoch) => _waiting.GetValueOrDefault((epoch, Next));

    public ulong? HashOf(in BatchIdentity identity, int openEpoch) =>
        identity.Epoch == openEpoch && identity.Sequence < Next ? _taken[(int)(identity.Sequence - _resumedAt)]
        : _waiting.TryGetValue(PlaceOf(identity), out var filed) ? filed.ContentHash
        : null;

    public void File(Filed filed)
    {
        var at = PlaceOf(filed.Message.Identity);
        Forget(at);
        _waiting[at] = filed;
        Wait(filed.Message.SizeInBytes);
        _refusals.Remove(at);
    }

    public void Refuse(Refusal refusal)
    {
        var at = PlaceOf(refusal.Identity);
        if (refusal.Kind != RefusalKind.ConflictingContent)
            Forget(at);
        _refusals[at] = refusal;
        // Every poll carries them all, and whoever sends other content for everything that was taken makes one for each.
        if (_refusals.Count > capacity)
            _refusals.Remove(_refusals.First(known => known.Key != at).Key);
    }

    /// <summary>True when exactly this content was refused before: a resent copy has no effect.</summary>
    public bool WasRefused(in BatchIdentity identity, ulong hash) =>
        _refusals.TryGetValue(PlaceOf(identity), out var refusal) && refusal.Identity == identity && refusal.ContentHash == hash;

    /// <summary>Takes the next message into a step.</summary>
    public void Take(int epoch)
    {
        var filed = Forget((epoch, Next))!;
        Ended = filed.Message.IsEnd;
        _taken.Add(filed.ContentHash);
    }

    /// <summary>Starts the next epoch; what was filed behind the end of the last one is forgotten.</summary>
    public void OpenEpoch(int epoch)
    {
        foreach (var late in _waiting.Keys.Where(k => k.Epoch < epoch).ToArray())
            Forget(late);
        foreach (var late in _refusals.Keys.Where(k => k.Epoch < epoch).ToArray())
            _refusals.Remove(late);
        _taken.Clear();
        _resumedAt = 0;
        Watermark = 0;
        Ended = false;
    }

    Filed? Forget((int Epoch, long Sequence) at)
    {
        if (_waiting.Remove(at, out var filed))
            Wait(-filed.Message.SizeInBytes);
        return filed;
    }

    void Wait(long more)
    {
        room.Change(Shared(WaitingBytes + more) - Shared(WaitingBytes));
        WaitingBytes += more;
    }

    static long Shared(long bytes) => Math.Max(0, bytes - OwnBytes);

    static (int Epoch, long Sequence) PlaceOf(in BatchIdentity identity) => (identity.Epoch, identity.Sequence);
}
