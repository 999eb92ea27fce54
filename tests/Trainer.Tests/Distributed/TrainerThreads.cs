using CoKe.Client;
using CoKe.Learning.Data;
using CoKe.Learning.Distributed;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Tensors;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>Trainers as threads of this process, which sum and gather by meeting each other: what is tested of them needs no
/// launcher.</summary>
sealed class TrainerThreads(int world)
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly Barrier _barrier = new(world);
    readonly object[] _slots = new object[world];

    /// <summary>Runs one trainer per thread, each in a dispose scope of its own.</summary>
    /// <returns>What they return, by rank.</returns>
    public static T[] Run<T>(int world, Func<int, TrainerThreads, T> work)
    {
        var threads = new TrainerThreads(world);
        return Task.WhenAll(
                Enumerable
                    .Range(0, world)
                    .Select(rank =>
                        TrainingThread.RunAsync(() =>
                        {
                            using var scope = NewDisposeScope();
                            try
                            {
                                return work(rank, threads);
                            }
                            catch
                            {
                                threads._barrier.RemoveParticipant(); // the others must not wait for it
                                throw;
                            }
                        })
                    )
            )
            .WaitAsync(2 * Patience)
            .GetAwaiter()
            .GetResult();
    }

    /// <param name="rank">Which trainer.</param>
    /// <param name="files">The training images, where they are files.</param>
    /// <param name="session">Its session, where there is a clustering.</param>
    /// <param name="met">Told after every sum with true, after everybody's numbers are gathered with false.</param>
    public SharedTraining Shared(int rank, FolderImages? files = null, TrainerSession? session = null, Action<bool>? met = null) =>
        new(
            "run",
            new RankPart(rank, world),
            values =>
            {
                Sum(rank, values);
                met?.Invoke(true);
            },
            mine =>
            {
                var all = Gather(rank, mine);
                met?.Invoke(false);
                return all;
            },
            files
        )
        {
            Session = session,
        };

    public void Sum(int rank, IReadOnlyList<Tensor> values)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Tensor[][] all = [.. Meet(rank, values.Select(value => value.clone()).ToArray()).Cast<Tensor[]>()];
        for (var i = 0; i < values.Count; i++)
        {
            var sum = all[0][i].clone();
            foreach (var other in all.Skip(1))
                sum.add_(other[i]);
            values[i].copy_(sum);
        }
        Meet(); // nobody disposes what others still read
    }

    public byte[][] Gather(int rank, ReadOnlyMemory<byte> mine) => [.. Meet(rank, mine.ToArray()).Cast<byte[]>()];

    object[] Meet(int rank, object mine)
    {
        _slots[rank] = mine;
        Meet();
        object[] all = [.. _slots];
        Meet(); // nobody puts down the next before all have these
        return all;
    }

    void Meet()
    {
        if (!_barrier.SignalAndWait(Patience))
            throw new TimeoutException("A trainer did not come to where the others wait.");
    }
}
