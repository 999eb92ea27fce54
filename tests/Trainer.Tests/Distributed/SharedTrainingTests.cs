using CoKe.Client;
using CoKe.Errors;
using CoKe.Learning.Distributed;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;
using CoKe.Learning.Resume;
using CoKe.Learning.Tensors;
using CoKe.Trainer.Tests.Data.ImageFolders;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>What trainers agree on between steps.</summary>
public sealed class SharedTrainingTests : IDisposable
{
    static readonly ImageSize Small = new(2, 3),
        Large = new(4, 5);

    readonly ImageTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Begin_PartsOfOtherSizes_AreJoinedByRank()
    {
        var batches = TrainerThreads.Run(3, (rank, threads) =>
            threads.Shared(rank).Begin([.. Enumerable.Repeat(rank == 1 ? Large : Small, rank + 1)])
        );

        Assert.All(batches, batch => Assert.Equal([Small, Large, Large, Small, Small, Small], batch.Sizes));
        Assert.Equal([(0, 1), (1, 2), (3, 3)], batches.Select(batch => (batch.First, batch.Count)));
        Assert.Equal(1, batches.Sum(batch => batch.Share), 12);
    }

    [Fact]
    public void Begin_NobodyCouldRead_IsNoStep() =>
        Assert.All(TrainerThreads.Run(2, (rank, threads) => threads.Shared(rank).Begin([])), batch => Assert.Empty(batch.Sizes));

    [Fact]
    public void Begin_OneCouldReadNothing_EndsAllWithItsName()
    {
        var errors = TrainerThreads.Run(2, (rank, threads) => Record.Exception(() =>
            {
                threads.Shared(rank).Begin(rank == 1 ? [] : [Small]);
            }));

        Assert.All(errors, error =>
            Assert.StartsWith(
                "None of the images that trainer 1 has of a mini-batch can be read",
                Assert.IsType<InvalidFileException>(error).Message
            )
        );
    }

    [Fact]
    public void Begin_OneHeardOfARollBack_TurnsAllBackOnce()
    {
        var told = TrainerThreads.Run(2, (rank, threads) =>
        {
            var shared = threads.Shared(rank);
            if (rank == 1)
                shared.Hear(new RolledBackException("run", 3, 7));
            var error = Record.Exception(() =>
            {
                shared.Begin([Small]);
            });
            shared.Begin([Small]); // and then they go on
            return error;
        });

        Assert.All(told, error =>
            Assert.Equal((3, 7), (Assert.IsType<RolledBackException>(error).Epoch, ((RolledBackException)error).Attempt))
        );
    }

    [Fact]
    public void Begin_SeveralHeardOfRollBacks_TurnsAllBackToTheNewest()
    {
        var told = TrainerThreads.Run(3, (rank, threads) =>
        {
            var shared = threads.Shared(rank);
            if (rank > 0)
                shared.Hear(new RolledBackException("run", 3, 6 + rank));
            return Record.Exception(() =>
            {
                shared.Begin([Small]);
            });
        });

        Assert.All(told, error =>
            Assert.Equal((3, 8), (Assert.IsType<RolledBackException>(error).Epoch, ((RolledBackException)error).Attempt))
        );
    }

    [Fact]
    public void EndSteps_OneHoldsOtherBits_EndsAllWithItsName()
    {
        var digests = Array.ConvertAll([1f, 1f, 1.0000001f], value =>
            new LearnerState([new NamedValues("weight", [2], [2f, value])], default, default).Digest()
        );
        Assert.Equal(digests[0], digests[1]);

        var ended = TrainerThreads.Run(3, (rank, threads) =>
        {
            var shared = threads.Shared(rank);
            return (Error: Record.Exception(() => shared.EndSteps(digests[rank])), shared.EndsAll);
        });

        Assert.All(ended, end =>
            Assert.StartsWith("Trainer 2 holds another model than trainer 0", Assert.IsType<TrainerJobException>(end.Error).Message)
        );
        Assert.All(ended, end => Assert.True(end.EndsAll));
    }

    [Theory]
    [InlineData(0f, false)]
    [InlineData(float.PositiveInfinity, true)]
    [InlineData(float.NaN, true)]
    public void CheckFinite_OneHasDiverged_EndsAll(float worst, bool ends)
    {
        var ended = TrainerThreads.Run(2, (rank, threads) =>
        {
            var shared = threads.Shared(rank);
            return (Error: Record.Exception(() => shared.CheckFinite(rank == 1 ? worst : 0)), shared.EndsAll);
        });

        Assert.All(ended, end => Assert.Equal((ends, ends), (end.Error is TrainingDivergedException, end.EndsAll)));
    }

    [Fact]
    public void EndSteps_FilesThatOneCouldNotRead_AreKnownToAllAndCountedTogether()
    {
        for (var i = 0; i < 30; i++)
            _tree.Write($"images/train/a/{i:00}.png", i is 3 or 4 or 20 ? [1, 2, 3] : ImageTree.Png(8, 8, i));

        string[][] Known(double limit) => TrainerThreads.Run(2, (rank, threads) =>
            {
                var files = new FolderImages(
                    ImageFolderSplit.Open(_tree.File("images")).Train,
                    new ImageFolderOptions { UnreadableLimit = limit }
                );
                var shared = threads.Shared(rank, files);
                foreach (var batch in files.Read([shared.Part.Of([.. Enumerable.Range(0, 30)])]))
                    batch.Dispose();
                Assert.Equal(rank == 0 ? 2 : 1, files.Unreadable.Count);
                shared.EndSteps([]);
                shared.EndSteps([]); // each is told once
                return files.Unreadable.Select(file => Path.GetFileName(file.Path)).ToArray();
            });

        Assert.All(Known(limit: 0.1), names => Assert.Equal(["03.png", "04.png", "20.png"], names));
    }
}
