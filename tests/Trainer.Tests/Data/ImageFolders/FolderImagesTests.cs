using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;

namespace CoKe.Trainer.Tests.Data.ImageFolders;

public sealed class FolderImagesTests : IDisposable
{
    readonly ImageTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Read_ImagesOfDifferentSizes_GivesThemInTheOrderAskedFor()
    {
        _tree.Write("0.png", ImageTree.Png(5, 4, 1));
        _tree.Write("1.png", ImageTree.Png(3, 8, 2));

        using var batch = Open()
            .Read([
                [1, 0, 1],
            ])
            .Single();

        Assert.Equal("1 0 1", string.Join(' ', batch.Ids));
        Assert.Equal((new ImageSize(8, 3), new ImageSize(4, 5)), (batch.Images.Sizes[0], batch.Images.Sizes[1]));
        Assert.Equal(ImageTree.Planes(3, 8, 2), batch.Images[2].ToArray());
        Assert.Equal(ImageTree.Planes(5, 4, 1), batch.Images[1].ToArray());
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(4, 0)]
    [InlineData(4, 3)]
    [InlineData(16, 100)]
    public void Read_AnyThreadsAndPrefetch_GivesTheSameBytes(int threads, int prefetch)
    {
        Many(40);
        _tree.Write("a/bad.jpg", [1, 2, 3]);
        var batches = EpochBatches.Of(new SeededRandom(3).Permutation(41), 8);

        Assert.Equal(
            Text(new ImageFolderOptions { Threads = 1, Prefetch = 0 }),
            Text(new ImageFolderOptions { Threads = threads, Prefetch = prefetch })
        );

        string Text(ImageFolderOptions options)
        {
            List<string> text = [];
            foreach (var batch in Open(options).Read(batches))
                using (batch)
                    text.Add(
                        $"{string.Join(' ', batch.Ids)} without {string.Join(' ', batch.Unreadable)}: "
                            + $"{Convert.ToHexString(batch.Images.Pixels, 0, batch.Images.Offsets[^1])}"
                    );
            return string.Join('\n', text);
        }
    }

    [Fact]
    public void Read_Prefetch_AsksForSoManyMiniBatchesAndNoMore()
    {
        Many(20);
        var asked = 0;
        IEnumerable<int[]> Batches()
        {
            for (; asked < 20; asked++)
                yield return [asked];
        }

        using var reading = Open(new ImageFolderOptions { Threads = 2, Prefetch = 3 }).Read(Batches()).GetEnumerator();
        for (var taken = 1; taken <= 5; taken++)
        {
            Assert.True(reading.MoveNext());
            reading.Current.Dispose();
            Assert.InRange(asked, taken, taken + 3);
        }
    }

    [Fact]
    public void Read_ByRank_OpensOnlyItsPart()
    {
        Many(12);
        var folder = ImageFolder.Open(_tree.Path);
        var order = new SeededRandom(3).Permutation(12);
        var first = EpochBatches.Of(order, 4, new RankPart(0, 2));
        foreach (var id in EpochBatches.Of(order, 4, new RankPart(1, 2)).SelectMany(b => b))
            File.Delete(_tree.File(folder.Paths[id]));
        var images = new FolderImages(folder, new ImageFolderOptions());

        Assert.Equal(first.SelectMany(b => b), ReadAll(images, first));
        Assert.Empty(images.Unreadable);
    }

    [Fact]
    public void Read_ReadAgain_CountsAnUnreadableImageOnce()
    {
        Many(3);
        _tree.Write("a/bad.png", [1]);
        var images = Open();
        for (var epoch = 0; epoch < 20; epoch++)
            Assert.Equal(
                3,
                ReadAll(
                    images,
                    [
                        [0, 1, 2, 3],
                    ]
                ).Count
            );

        Assert.Equal("a/bad.png", Assert.Single(images.Unreadable).Path);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Read_MoreUnreadableThanMayBe_EndsAtTheSameMiniBatchAndNamesSome(int threads)
    {
        Many(5);
        for (var i = 0; i < 11; i++)
            _tree.Write($"b/bad{i:d2}.jpg", [1]);
        var images = Open(new ImageFolderOptions { Threads = threads });
        List<int> read = [];

        var error = Assert.Throws<UnreadableImagesException>(() =>
            ReadAll(
                images,
                [
                    [0, 5, 6, 7, 8, 9],
                    [1, 10, 11, 12, 13, 14],
                    [2, 15],
                    [3],
                ],
                read
            )
        );

        Assert.Equal("0 1", string.Join(' ', read));
        Assert.Contains("11 of the 16 images", error.Message);
        Assert.Contains("b/bad00.jpg is no JPEG, PNG, WebP, BMP or GIF image", error.Message);
    }

    [Fact]
    public void Read_AllUnreadable_EndsWithAnErrorHoweverFewThereAre()
    {
        _tree.Write("a/1.png", [1]);
        _tree.Write("a/2.png", [1]);

        Assert.Throws<UnreadableImagesException>(() =>
            ReadAll(
                Open(),
                [
                    [0, 1],
                ]
            )
        );
    }

    [Fact]
    public void Read_MiniBatchOfUnreadableImagesOnly_IsEmpty()
    {
        Many(3);
        _tree.Write("a/bad.png", [1]);

        var batch = Open()
            .Read([
                [3],
            ])
            .Single();

        Assert.Equal((0, 0, 1), (batch.Ids.Length, batch.Images.Count, batch.Unreadable.Count));
    }

    [Fact]
    public void Read_GivenUpHalfway_LeavesNothingRunning()
    {
        Many(30);
        foreach (
            var batch in Open(new ImageFolderOptions { Threads = 4, Prefetch = 20 }).Read(Enumerable.Range(0, 30).Select(i => new[] { i }))
        )
        {
            batch.Dispose();
            break;
        }

        // On systems that lock open files this would fail while one is read.
        Directory.Delete(_tree.Path, recursive: true);
        Directory.CreateDirectory(_tree.Path);
    }

    [Fact]
    public void Read_Canceled_SaysSo()
    {
        Many(4);
        using var stop = new CancellationTokenSource();
        using var reading = Open()
            .Read(
                [
                    [0],
                    [1],
                    [2],
                    [3],
                ],
                stop.Token
            )
            .GetEnumerator();
        Assert.True(reading.MoveNext());
        stop.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            while (reading.MoveNext())
                reading.Current.Dispose();
        });
    }

    [Fact]
    public void Read_ShorterSide_ReducesAnyKindByHalves()
    {
        _tree.Write("0.jpg", ImageTree.Jpeg(256, 128, 1));
        _tree.Write("1.png", ImageTree.Png(256, 128, 1));
        _tree.Write("2.jpg", ImageTree.Jpeg(60, 40, 1));

        using var batch = Open(new ImageFolderOptions { ShorterSide = 32 })
            .Read([
                [0, 1, 2],
            ])
            .Single();

        ImageSize[] expected = [new(32, 64), new(32, 64), new(40, 60)];
        Assert.Equal(expected, batch.Images.Sizes);
    }

    [Theory]
    [InlineData("Threads")]
    [InlineData("Prefetch")]
    [InlineData("ShorterSide")]
    [InlineData("MaxPixels")]
    [InlineData("UnreadableLimit")]
    public void Validate_OptionOutOfRange_IsRefusedByName(string field)
    {
        var options = field switch
        {
            "Threads" => new ImageFolderOptions { Threads = 0 },
            "Prefetch" => new ImageFolderOptions { Prefetch = -1 },
            "ShorterSide" => new ImageFolderOptions { ShorterSide = 0 },
            "MaxPixels" => new ImageFolderOptions { MaxPixels = 0 },
            _ => new ImageFolderOptions { UnreadableLimit = double.NaN },
        };

        Assert.Equal(field, Assert.Throws<InvalidOptionsException>(options.Validate).Field);
    }

    void Many(int count) => _tree.With([.. Enumerable.Range(0, count).Select(i => $"a/{i:d3}.{(i % 2 == 0 ? "png" : "jpg")}")]);

    FolderImages Open(ImageFolderOptions? options = null) => new(ImageFolder.Open(_tree.Path), options ?? new ImageFolderOptions());

    static List<int> ReadAll(FolderImages images, int[][] batches, List<int>? into = null)
    {
        into ??= [];
        foreach (var batch in images.Read(batches))
            using (batch)
                into.AddRange(batch.Ids);
        return into;
    }
}
