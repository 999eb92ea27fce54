using System.IO.Pipelines;
using System.Text;
using CoKe.Abstractions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Grains.Tests.Messages;

/// <summary>Messages that have begun and do not end may take neither time nor memory without bound.</summary>
public sealed class UnfinishedMessageTests
{
    const int MiB = 1 << 20;

    static readonly byte[] Greeting = [1, 0, 0, 0, 7];

    readonly FakeTimeProvider _time = new();
    readonly UnfinishedMessages _unfinished;
    readonly List<string> _ended = [];

    public UnfinishedMessageTests() => _unfinished = new(_time, most: 512L * MiB);

    [Fact]
    public void Part_NotWholeForTooLong_EndsItsConnection_OthersStay()
    {
        var slow = Open("slow");
        slow.Set(10, isAnother: false);
        Pass(UnfinishedMessages.Patience / 2);
        var other = Open("other");
        other.Set(10, isAnother: false);
        slow.Set(20, isAnother: false); // a byte now and then does not help
        Pass(UnfinishedMessages.Patience / 2 + TimeSpan.FromSeconds(10));

        Assert.StartsWith("slow: its message was not whole after 60 s and came at less than 64 KiB a second", Assert.Single(_ended));
        Assert.Equal(10, _unfinished.Bytes);
    }

    [Fact]
    public void Part_OfALongMessageOnASlowLine_MayTakeItsTime()
    {
        var upload = Open("upload");
        for (var second = 1; second <= 300; second++)
        {
            upload.Set(second * 70_000, isAnother: false);
            Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Empty(_ended);
        Pass(TimeSpan.FromSeconds(40)); // it stalls
        Assert.StartsWith("upload: its message was not whole", Assert.Single(_ended));
    }

    [Fact]
    public void Part_WholeInTime_IsForgotten_AndTheNextHasTimeAnew()
    {
        var part = Open("part");
        for (var i = 0; i < 5; i++)
        {
            part.Set(10 + i, isAnother: i > 0);
            Pass(UnfinishedMessages.Patience - TimeSpan.FromSeconds(10));
        }

        part.Set(0, isAnother: true);
        Pass(UnfinishedMessages.Patience * 3);

        Assert.Empty(_ended);
        Assert.Equal(0, _unfinished.Bytes);
    }

    [Fact]
    public void Parts_TogetherTooLarge_TheOneThatBeganFirstEnds_NotTheLargest()
    {
        var strangers = Enumerable.Range(0, 64).Select(i => Open($"{i}")).ToArray();
        foreach (var part in strangers)
        {
            part.Set(8 * MiB, isAnother: false); // 512 MiB in all
            Pass(TimeSpan.FromMilliseconds(1));
        }

        Assert.Empty(_ended);
        var trainer = Open("trainer");
        trainer.Set(16 * MiB, isAnother: false);
        trainer.Set(0, isAnother: true);
        trainer.Set(16 * MiB, isAnother: false);

        Assert.Equal(["0", "1"], _ended.Select(end => end.Split(':')[0]));
        Assert.Contains("512 MiB of messages had begun", _ended[0]);
        strangers[0].Set(100 * MiB, isAnother: false); // it is still being ended
        Assert.Equal((62 * 8 + 16) * MiB, _unfinished.Bytes);
    }

    [Fact]
    public async Task Reader_CountsWhatHasComeOfAMessage_AndNothingOnceItIsWhole()
    {
        var pipe = new Pipe();
        var reader = new NestingGuard.Reader(pipe.Reader, fromClients: true, _ => new InvalidOperationException(), Open("part"));
        byte[] message = [2, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5];

        await SendAsync(pipe, reader, [.. Greeting, .. message[..9]], take: Greeting.Length);
        Assert.Equal(9, _unfinished.Bytes);
        await SendAsync(pipe, reader, [.. message[9..], .. message[..3]], take: message.Length);
        Assert.Equal(3, _unfinished.Bytes);
        await SendAsync(pipe, reader, [.. message[3..]], take: message.Length);
        Assert.Equal(0, _unfinished.Bytes);
    }

    [Theory]
    [InlineData("sys.client/hosted-S127.0.0.1:11111:1", true)]
    [InlineData("sys.client/0123456789abcdef0123456789abcdef", false)]
    public async Task Reader_HearsAGreetingWhole_InWhateverPieces_AndRefusesASilosOwnClient(string name, bool refuses)
    {
        var pipe = new Pipe();
        var reader = new NestingGuard.Reader(pipe.Reader, fromClients: true, why => new InvalidOperationException(why.Field));
        byte[] greeting = [.. BitConverter.GetBytes(name.Length), .. Encoding.ASCII.GetBytes(name)];
        var heard = reader.ReadAsync().AsTask();
        foreach (var piece in greeting[..^1])
        {
            await pipe.Writer.WriteAsync(new[] { piece });
            Assert.False(heard.IsCompleted); // Orleans has none of it
        }

        await pipe.Writer.WriteAsync(greeting[^1..]);
        if (refuses)
            Assert.Contains("silo's own client", (await Assert.ThrowsAsync<InvalidOperationException>(() => heard)).Message);
        else
            Assert.Equal(greeting.Length, (await heard).Buffer.Length);
    }

    UnfinishedMessages.Part Open(string name) => _unfinished.Open(reason => _ended.Add($"{name}: {reason}"));

    // In steps, as clocks go.
    void Pass(TimeSpan time)
    {
        var step = time < TimeSpan.FromSeconds(1) ? time : TimeSpan.FromSeconds(1);
        for (var gone = TimeSpan.Zero; gone < time; gone += step)
            _time.Advance(step);
    }

    static async Task SendAsync(Pipe pipe, NestingGuard.Reader reader, byte[] bytes, int take)
    {
        await pipe.Writer.WriteAsync(bytes);
        var read = await reader.ReadAsync();
        reader.AdvanceTo(read.Buffer.GetPosition(take), read.Buffer.End);
    }
}
