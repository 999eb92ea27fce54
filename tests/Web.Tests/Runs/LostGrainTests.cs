using CoKe.Abstractions;
using CoKe.Web.Tests.Driving;
using Orleans.Core.Internal;

namespace CoKe.Web.Tests.Runs;

/// <summary>Rule 4: a grain that is found lost is told of, and asked again.</summary>
public sealed class LostGrainTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Fact]
    public async Task Reads_OfACommit_GoOnWhenTheirGrainsWereLost()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        var commit = (await run.EpochAsync(run.Rows())).GetProperty("lastEpoch").GetProperty("committedIncarnation").GetInt32();
        var labels = (await LabelsAsync()).Good().Bytes;
        var centers = (await run.GetAsync($"/heads/0/centers?epoch=0&commit={commit}")).Good().Bytes;

        await LoseAsync(door.Silo.Client.GetGrain<IImageShardGrain>(Keys.Shard(run.Id, 0)));
        Assert.Equal(labels, (await LabelsAsync()).Good().Bytes);
        await LoseAsync(door.Silo.Client.GetGrain<IClusterBlockGrain>(Keys.Block(run.Id, 0, 0)));
        Assert.Equal(centers, (await run.GetAsync($"/heads/0/centers?epoch=0&commit={commit}")).Good().Bytes);

        Task<Answer> LabelsAsync() => run.PostAsync($"/labels?epoch=0&commit={commit}", Body.Of(Body.Ids(0, 5, 9)));
        static Task LoseAsync(IGrain grain) => grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle().AsTask();
    }
}
