using System.Net.Sockets;
using System.Text;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Runs;

/// <summary>Bodies have so much of the memory and no more, and none of that keeps a trainer waiting.</summary>
public sealed class BodyRoomTests
{
    const int Bytes = 1 << 20;

    [Fact]
    public async Task SlowQuestions_AreRefusedTheRoomOfOthers_AndKeepNoTrainerWaiting()
    {
        var door = await OneDoor.OfAsync(options: new DoorOptions { BodyBytes = 2 * Bytes });
        await using var _ = new Closing(door);
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        await run.EpochAsync(run.Rows());

        // One question that takes all there is, and sends nothing of it.
        using var slow = new TcpClient();
        await slow.ConnectAsync(door.Door.Address.Host, door.Door.Address.Port);
        await slow.GetStream()
            .WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"POST {run.Path}/assign HTTP/1.1\r\nHost: {door.Door.Address.Authority}\r\nContent-Type: {Body.Raw}\r\n"
                        + $"Content-Length: {Bytes}\r\nExpect: 100-continue\r\n\r\n"
                )
            );
        Assert.True(await slow.GetStream().ReadAsync(new byte[64]) > 0); // it is being read
        var rows = Body.Of(Body.Bytes<float>(UnitRows.Random(1, 2, 8)));
        var refused = (await run.PostAsync("/assign", rows)).Refused(429, "too-busy");
        Assert.NotNull(refused.Header("Retry-After"));
        await run.EpochAsync(run.Rows(), epoch: 1);
    }

    [Fact]
    public async Task Questions_LargerThanTheRoom_AreRefusedForGood()
    {
        var door = await OneDoor.OfAsync(options: new DoorOptions { BodyBytes = 2 * Bytes });
        await using var _ = new Closing(door);
        var run = await door.NewRunAsync();
        (await run.PostAsync("/assign", Body.Of(new byte[Bytes + 32]))).Refused(413, "oversize", "body");
        // The answer counts too: 8 bytes of a question are 8 of an answer.
        (await run.PostAsync("/labels", Body.Of(new byte[Bytes - 8]))).Refused(413, "oversize", "body");
    }

    sealed class Closing(OneDoor door) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await door.DisposeAsync();
    }
}
