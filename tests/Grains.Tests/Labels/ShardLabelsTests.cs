using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Labels;

namespace CoKe.Grains.Tests.Labels;

public sealed class ShardLabelsTests
{
    static readonly ClusteringOptions Options = new()
    {
        ImageCount = 100,
        Dimension = 2,
        BatchSize = 4,
        Heads = [new HeadOptions { ClusterCount = 9 }, new HeadOptions { ClusterCount = 5 }],
    };

    [Fact]
    public void Read_BeforeCommit_StillGivesTheCommittedEpoch()
    {
        var labels = new ShardLabels(Options, 50, 10);
        labels.Write([52, 55], [7, 8, 1, 2]);
        Assert.Equal([-1, -1], labels.Read(0, [52]).Labels.Span.ToArray());
        labels.EndEpoch(0);
        Assert.Equal([-1, -1], labels.Read(0, [52]).Labels.Span.ToArray());
        labels.Commit();
        Assert.Equal([7, 8, 1, 2], labels.Read(0, [52, 55]).Labels.Span.ToArray());
    }

    [Fact]
    public void EndEpoch_ImageNotSeen_KeepsItsLabelMarkedAsOld()
    {
        var labels = new ShardLabels(Options, 0, 10);
        Close(labels, 0, [1, 2], [3, 4, 1, 1]);
        Close(labels, 1, [2], [4, 2]);
        var slice = labels.Read(1, [1, 2, 9]);
        Assert.Equal([3, 4, -1, 1, 2, -1], slice.Labels.Span.ToArray());
        Assert.Equal([1, 0, 0], slice.Old);
        Close(labels, 2, [], []);
        Assert.Equal([3, 4, -1, 1, 2, -1], labels.Read(2, [1, 2, 9]).Labels.Span.ToArray());
        Assert.Equal([1, 1, 0], labels.Read(2, [1, 2, 9]).Old);
    }

    [Fact]
    public void EndEpoch_CountsSeenAndChangedByHead()
    {
        var labels = new ShardLabels(Options, 0, 10);
        labels.Write([1, 2, 3], [3, 4, 5, 1, 1, 1]);
        Assert.Equal((3L, "0,0"), Counts(labels, 0));
        labels.Commit();
        labels.Write([2, 3, 4], [8, 5, 0, 1, 2, 0]);
        Assert.Equal((3L, "1,1"), Counts(labels, 1));
    }

    [Fact]
    public void EndEpoch_ImagesWithALabelBefore_AreToldByWhereTheyComeFrom()
    {
        var labels = new ShardLabels(Options, 0, 10);
        Close(labels, 0, [1, 2, 3, 4], [3, 3, 5, 5, 1, 1, 1, 2]);
        labels.Write([1, 2, 3, 7], [3, 5, 5, 5, 1, 1, 1, 1]); // 4 is not seen, and 7 is seen first
        var moves = labels.EndEpoch(1).Moves;
        Assert.Equal(["3 5", "1 1", "0 1", "3 3 5", "3 5 5", "1 1 1"], Texts(moves[0]));
        Assert.Equal(["1", "3", "0", "1", "1", "3"], Texts(moves[1]));
    }

    [Fact]
    public void Image_BeforeItCameAndAfter_TellsWhatIsCommittedAndWhatIsOpen()
    {
        var labels = new ShardLabels(Options, 50, 10);
        labels.Write([52], [7, 1]);
        var first = labels.Image(-1, 52);
        Assert.Equal("-1: -1 -1, open 7 1", Text(first));
        labels.EndEpoch(0);
        labels.Commit();
        Assert.Equal("0: 7 1, open none", Text(labels.Image(0, 52)));
        Assert.Equal("0: -1 -1, open none", Text(labels.Image(0, 53)));
        labels.Write([52], [2, 4]);
        Assert.Equal("0: 7 1, open 2 4", Text(labels.Image(0, 52)));
        Assert.Throws<InvalidImageIdException>(() => labels.Image(0, 60));

        static string Text(ImageStatus image) =>
            $"{image.Epoch}: {string.Join(' ', image.Labels)}, open {(image.OpenLabels is { } open ? string.Join(' ', open) : "none")}";
    }

    [Fact]
    public void Read_ImageOfAnotherShard_IsRefused()
    {
        var labels = new ShardLabels(Options, 50, 10);
        Assert.Equal("60", Assert.Throws<InvalidImageIdException>(() => labels.Read(0, [60])).Value);
        Assert.Equal("49", Assert.Throws<InvalidImageIdException>(() => labels.Read(0, [49])).Value);
    }

    static string[] Texts(LabelMoves moves) =>
        [
            .. new[] { moves.Clusters, moves.Kept, moves.Came, moves.Before, moves.Now, moves.Counts }.Select(values =>
                string.Join(' ', values.Span.ToArray())
            ),
        ];

    static (long Seen, string Changed) Counts(ShardLabels labels, int epoch)
    {
        var (seen, changed, _) = labels.EndEpoch(epoch);
        return (seen, string.Join(',', changed));
    }

    static void Close(ShardLabels labels, int epoch, int[] ids, int[] byHead)
    {
        labels.Write(ids, byHead);
        labels.EndEpoch(epoch);
        labels.Commit();
    }
}
