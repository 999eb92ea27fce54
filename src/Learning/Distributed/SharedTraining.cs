using System.Runtime.InteropServices;
using System.Text.Json;
using CoKe.Client;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;
using CoKe.Learning.Resume;
using CoKe.Learning.Tensors;

namespace CoKe.Learning.Distributed;

/// <summary>Gives every trainer what each of them has, by rank. All call it in the same order.</summary>
/// <param name="mine">What this trainer has; its length may differ.</param>
public delegate byte[][] GatherFromTrainers(ReadOnlyMemory<byte> mine);

/// <summary>
/// What a trainer agrees on with the others of one model: before every step, which images it is made of and whether anybody's clustering
/// was rolled back; at the end of an epoch, which files nobody could read. Their sessions are in one attempt always: a roll-back is told to
/// one after the other, and whoever followed it alone would wait in the clustering for others that wait for it in a sum. Between two of
/// these agreements all trainers take the same way through their code, so the sums in it meet.
/// </summary>
/// <param name="run">The clustering's run.</param>
/// <param name="part">Which trainer this is.</param>
/// <param name="sum">Sums over the trainers.</param>
/// <param name="gather">Gathers from the trainers.</param>
/// <param name="files">The training images, where they are files.</param>
public sealed class SharedTraining(string run, RankPart part, SumOverTrainers sum, GatherFromTrainers gather, FolderImages? files = null)
    : TrainerGroup
{
    readonly HashSet<int> _told = [];
    RolledBackException? _heard;
    bool _endsAll;

    /// <inheritdoc/>
    public override RankPart Part => part;

    /// <inheritdoc/>
    public override SumOverTrainers Sum => sum;

    /// <inheritdoc/>
    public override bool EndsAll => _endsAll;

    /// <summary>The trainer's session, which changes its attempt only here. Null: nothing is clustered.</summary>
    public TrainerSession? Session
    {
        get;
        init
        {
            field = value;
            if (value is not null)
                value.KeepsAttempt = true;
        }
    }

    /// <inheritdoc/>
    public override void Hear(RolledBackException rolledBack) => _heard = rolledBack;

    /// <summary>Begins a step.</summary>
    /// <param name="mine">The sizes of this trainer's images that could be read.</param>
    /// <exception cref="RolledBackException">The clustering of a trainer was rolled back: all begin the epoch anew.</exception>
    /// <exception cref="InvalidFileException">A trainer could read none of its images.</exception>
    public override GlobalBatch Begin(ImageSize[] mine)
    {
        var parts = Agreed(mine.Select(size => new[] { size.Height, size.Width }).SelectMany(size => size));
        ImageSize[][] sizes = [.. parts.Select(numbers => numbers.Chunk(2).Select(pair => new ImageSize(pair[0], pair[1])).ToArray())];
        if (sizes.Any(ofRank => ofRank.Length > 0) && Array.FindIndex(sizes, ofRank => ofRank.Length == 0) is >= 0 and var rank)
            throw Everywhere(
                new InvalidFileException(
                    "data",
                    $"trainer {rank}",
                    $"None of the images that trainer {rank} has of a mini-batch can be read: mend them or take them away, "
                        + "raise the batch size, or start fewer trainers."
                )
            );
        return new GlobalBatch([.. sizes.SelectMany(ofRank => ofRank)], sizes[..part.Rank].Sum(ofRank => ofRank.Length), mine.Length);
    }

    /// <inheritdoc/>
    public override float Finite(float value) => Alike(() => TrainingDivergedException.Finite(value));

    /// <summary>Does what has the same outcome in all trainers.</summary>
    T Alike<T>(Func<T> what)
    {
        try
        {
            return what();
        }
        catch
        {
            _endsAll = true;
            throw;
        }
    }

    /// <inheritdoc/>
    public override void CheckFinite(float worst)
    {
        foreach (var value in gather(BitConverter.GetBytes(worst)).Select(bytes => BitConverter.ToSingle(bytes)))
            Alike(() => TrainingDivergedException.Finite(value));
    }

    /// <inheritdoc/>
    public override void EndSteps(LearnerState state) => EndSteps(state.Digest());

    /// <summary>Ends the steps of an epoch.</summary>
    /// <param name="digest">Of this trainer's model, optimizer included.</param>
    /// <exception cref="RolledBackException">The clustering of a trainer was rolled back: all begin the epoch anew.</exception>
    /// <exception cref="UnreadableImagesException">Together the trainers found more unreadable files than there may be.</exception>
    /// <exception cref="TrainerJobException">The trainers do not hold the same bits.</exception>
    public void EndSteps(byte[] digest)
    {
        var digests = Agreed(MemoryMarshal.Cast<byte, int>(digest).ToArray());
        if (Array.FindIndex(digests, numbers => !numbers.SequenceEqual(digests[0])) is > 0 and var rank)
            throw Everywhere(
                new TrainerJobException(
                    "model",
                    $"trainer {rank}",
                    $"Trainer {rank} holds another model than trainer 0, though both made the same steps: "
                        + "start all on equal processors or devices with the same program, then go on with --resume."
                )
            );
        if (files is null)
            return;
        // Paths are long, so everybody hears of a file once.
        var found = gather(JsonSerializer.SerializeToUtf8Bytes(files.Unreadable.Where(file => _told.Add(file.Id))));
        UnreadableImage[] all = [.. found.SelectMany(ofRank => JsonSerializer.Deserialize<UnreadableImage[]>(ofRank)!)];
        _told.UnionWith(all.Select(file => file.Id));
        Alike(() =>
        {
            files.Add(all);
            return true;
        });
    }

    Exception Everywhere(Exception failure)
    {
        _endsAll = true;
        return failure;
    }

    /// <summary>Everybody's numbers by rank, unless somebody's clustering was rolled back.</summary>
    int[][] Agreed(IEnumerable<int> mine)
    {
        int[] message = [_heard?.Epoch ?? -1, _heard?.Attempt ?? -1, Session?.Attempt ?? 0, .. mine];
        var all = Array.ConvertAll(gather(MemoryMarshal.AsBytes(message.AsSpan()).ToArray()), bytes =>
            MemoryMarshal.Cast<byte, int>(bytes).ToArray()
        );
        if (all.Where(numbers => numbers[0] >= 0).MaxBy(numbers => numbers[1]) is { } rolledBack)
        {
            _heard = null;
            throw new RolledBackException(run, rolledBack[0], rolledBack[1]);
        }
        // They differ before an epoch's first push alone: every session began the epoch in the attempt that it had heard of.
        var newest = all.Max(numbers => numbers[2]);
        if (Session is { } session && session.Attempt < newest)
            session.AdoptAsync(newest).GetAwaiter().GetResult();
        return Array.ConvertAll(all, numbers => numbers[3..]);
    }
}
