using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Grains.Protocol;

/// <summary>What became of an offered message.</summary>
enum Admission
{
    /// <summary>Filed in the reorder buffer.</summary>
    Filed,

    /// <summary>Known already, of a closed epoch, a lower attempt, another generation, or too far ahead: dropped without effect.</summary>
    Dropped,

    /// <summary>Refused; the poll reports why.</summary>
    Refused,

    /// <summary>From a trainer that was admitted without this inbox knowing; not filed.</summary>
    NewerTrainer,
}

/// <summary>
/// Orders and de-duplicates the messages of all ranks (docs/protocol.md, rules 6, 8 and 9) and forms global steps: step s is the union of
/// every rank's part s, in rank order. Pure: no I/O, no clock, so that a simulation can attack it.
/// </summary>
sealed class Inbox
{
    readonly ClusteringOptions _options;
    readonly int _capacity;
    readonly long _rankBytes;
    readonly RankInbox[] _ranks;
    readonly SeenImages _seen;
    readonly long[] _refused = new long[Enum.GetValues<RefusalKind>().Length];
    bool _isAbandoned;

    /// <param name="options">The run's problem.</param>
    /// <param name="trainers">W.</param>
    /// <param name="capacity">How many messages per rank may wait, counted from the next expected one.</param>
    /// <param name="seen">Images accepted already in the open epoch; null: none.</param>
    /// <param name="room">What the run shares with others for messages before their turn; null: as much as one may have.</param>
    public Inbox(ClusteringOptions options, int trainers, int capacity, SeenImages? seen = null, ReorderRoom? room = null)
    {
        (_options, _capacity, _rankBytes) = (options, capacity, ISequencerGrain.ReorderBytes / trainers);
        var shared = room ?? new ReorderRoom(ISequencerGrain.ReorderBytes);
        _ranks = [.. Enumerable.Range(0, trainers).Select(_ => new RankInbox(capacity, shared))];
        _seen = seen ?? new SeenImages(options.ImageCount);
    }

    public int Epoch { get; private set; }

    public int Attempt { get; private init; }

    /// <summary>Goes on where a manifest and the shards' seen-marks left off.</summary>
    public static Inbox Resume(ClusteringOptions options, int capacity, Manifest manifest, SeenImages seen, ReorderRoom? room = null)
    {
        var inbox = new Inbox(options, manifest.Generations.Length, capacity, seen, room)
        {
            Epoch = manifest.Epoch,
            Attempt = manifest.Attempt,
        };
        for (var rank = 0; rank < inbox._ranks.Length; rank++)
            inbox._ranks[rank].Resume(manifest.Generations[rank], manifest.Current.Watermarks[rank]);
        return inbox;
    }

    /// <summary>Nothing of the open epoch was taken into a step.</summary>
    public bool IsUntouched => _ranks.All(ofRank => ofRank.Next == 0);

    public IReadOnlyList<RankInbox> Ranks => _ranks;

    /// <summary>Counts the refusals, by which their reporter sees that there are new ones.</summary>
    public long Refused => _refused.Sum();

    /// <summary>The refusals of one reason.</summary>
    public long RefusedFor(RefusalKind kind) => _refused[(int)kind];

    /// <summary>Bytes of the messages before their turn, of all ranks.</summary>
    public long WaitingBytes => _ranks.Sum(ofRank => ofRank.WaitingBytes);

    /// <summary>Every rank has ended the open epoch: the boundary is due.</summary>
    public bool AllEnded => _ranks.All(ofRank => ofRank.Ended);

    /// <summary>The others' parts of the next step are here, this rank's is not.</summary>
    public bool IsAwaited(int rank) => IsMissing(_ranks[rank]) && _ranks.Any(ofRank => ofRank.Ended || ofRank.Waiting(Epoch) is not null);

    /// <summary>The rank's trainer has ended the open epoch, or will have with the next step.</summary>
    public bool HasEnded(int rank) => _ranks[rank].Ended || _ranks[rank].Waiting(Epoch) is { Message.IsEnd: true };

    /// <summary>Judges a message as it arrives. Only <see cref="Admission.Filed"/> changes what will be processed.</summary>
    public Admission Offer(MiniBatch message, ulong contentHash)
    {
        var id = message.Identity;
        if (
            _isAbandoned
            || (uint)id.Rank >= (uint)_ranks.Length
            || id.Attempt != Attempt
            || id.Epoch < Epoch
            || id.Epoch > Epoch + 1
            || id.Sequence < 0
        )
            return Admission.Dropped;
        var ofRank = _ranks[id.Rank];
        if (message.Generation > ofRank.Generation)
            return Admission.NewerTrainer;
        if (message.Generation != ofRank.Generation || ofRank.IsDurable(id, Epoch) || ofRank.WasRefused(id, contentHash))
            return Admission.Dropped;
        if (ofRank.HashOf(id, Epoch) is { } known)
        {
            if (known == contentHash)
                return Admission.Dropped;
            return Refuse(
                ofRank,
                message,
                contentHash,
                RefusalKind.ConflictingContent,
                "sequence",
                $"{id.Sequence}",
                "this identity was accepted before with other content; send the original, or use the next sequence."
            );
        }

        if (ofRank.Ended && id.Epoch == Epoch)
        {
            if (message.IsEnd)
                return Admission.Dropped;
            return Refuse(
                ofRank,
                message,
                contentHash,
                RefusalKind.InvalidEnd,
                "sequence",
                $"{id.Sequence}",
                $"the rank ended epoch {Epoch} with {ofRank.Next - 1} mini-batches; wait for the next epoch."
            );
        }

        var ahead = id.Epoch == Epoch ? id.Sequence - ofRank.Next : id.Sequence;
        var isDue = ahead == 0 && id.Epoch == Epoch; // whatever else waits: without it nothing goes on
        if (ahead >= _capacity || (!isDue && !ofRank.HasRoom(message.SizeInBytes, _rankBytes)))
            return Admission.Dropped;
        if (Judge(message) is { } error)
            return Refuse(ofRank, message, contentHash, error.Kind, error.Cause.Field, error.Cause.Value, error.Cause.Message);
        if (message.IsEnd && message.EndCount != id.Sequence)
            return Refuse(
                ofRank,
                message,
                contentHash,
                RefusalKind.InvalidEnd,
                "endCount",
                $"{message.EndCount}",
                $"the rank sent {id.Sequence} mini-batches in this epoch; end it with that count."
            );
        if (message.IsEnd && message.ImageIds.Length + message.Embeddings.Length > 0)
            return Refuse(
                ofRank,
                message,
                contentHash,
                RefusalKind.InvalidEnd,
                "imageIds",
                $"{message.ImageIds.Length} images",
                "an end of epoch carries none; send them in a mini-batch before it."
            );
        ofRank.File(new Filed(message, contentHash));
        return Admission.Filed;
    }

    /// <summary>
    /// Forms the next step when every rank's part is there. A part that repeats an image of this epoch is refused and its sequence stays
    /// open; nothing is taken then. The step may be empty when all parts were ends of epoch.
    /// </summary>
    public bool TryTake(out StepParts step)
    {
        step = default;
        if (AllEnded)
            return false;
        var parts = new MiniBatch?[_ranks.Length];
        for (var rank = 0; rank < parts.Length; rank++)
        {
            if (_ranks[rank].Ended)
                continue;
            if (_ranks[rank].Waiting(Epoch) is not { } filed)
                return false;
            parts[rank] = filed.Message;
        }

        for (var rank = 0; rank < parts.Length; rank++)
        {
            if (parts[rank] is not { } part || _seen.TryMark(part.ImageIds.Span, out var repeated))
                continue;
            for (var earlier = 0; earlier < rank; earlier++)
                if (parts[earlier] is { } marked)
                    _seen.Unmark(marked.ImageIds.Span);
            var ofRank = _ranks[rank];
            Refuse(
                ofRank,
                part,
                ofRank.Waiting(Epoch)!.ContentHash,
                RefusalKind.InvalidImageId,
                "imageIds",
                $"{repeated}",
                $"image {repeated} was already accepted in epoch {Epoch}; give every image to one trainer, once per epoch."
            );
            return false;
        }

        var sequences = new long[_ranks.Length];
        for (var rank = 0; rank < parts.Length; rank++)
        {
            if (parts[rank] is not null)
                _ranks[rank].Take(Epoch);
            sequences[rank] = _ranks[rank].Ended ? _ranks[rank].Next - 1 : _ranks[rank].Next;
        }

        step = new StepParts([.. parts.Where(p => p is { IsEnd: false }).Select(p => p!)], sequences);
        return true;
    }

    /// <summary>The boundary is committed: opens the next epoch. Messages held for it may now be taken.</summary>
    public void OpenEpoch()
    {
        Epoch++;
        _seen.Clear();
        foreach (var ofRank in _ranks)
            ofRank.OpenEpoch(Epoch);
    }

    /// <summary>Nothing more is taken from here: gives back the memory of what waits.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        foreach (var ofRank in _ranks)
            ofRank.Abandon();
    }

    bool IsMissing(RankInbox ofRank) => !ofRank.Ended && ofRank.Waiting(Epoch) is null;

    (RefusalKind Kind, CokeException Cause)? Judge(MiniBatch message)
    {
        if (message.IsEnd)
            return null;
        try
        {
            var d = _options.Dimension;
            EmbeddingCheck.Validate(message.Embeddings.Span, message.ImageIds.Length, d, message.Views);
            if (message.Views != _options.Views)
                throw new InvalidEmbeddingsException(
                    "views",
                    $"{message.Views}",
                    $"the run was created with {_options.Views} views; average as many."
                );
            SeenImages.CheckRange(message.ImageIds.Span, _options.ImageCount);
            return null;
        }
        catch (InvalidEmbeddingsException e)
        {
            return (RefusalKind.InvalidEmbeddings, e);
        }
        catch (InvalidImageIdException e)
        {
            return (RefusalKind.InvalidImageId, e);
        }
    }

    Admission Refuse(RankInbox ofRank, MiniBatch message, ulong hash, RefusalKind kind, string field, string value, string remedy)
    {
        _refused[(int)kind]++;
        ofRank.Refuse(new Refusal(message.Identity, hash, kind, field, value, remedy));
        return Admission.Refused;
    }
}

/// <summary>The parts of one global step.</summary>
/// <param name="Batches">The ranks' mini-batches in rank order; ends of epoch left out.</param>
/// <param name="Watermarks">Per rank: the watermark once this step is durable; it never passes an end of epoch.</param>
readonly record struct StepParts(IReadOnlyList<MiniBatch> Batches, long[] Watermarks);
