using System.IO.Pipelines;
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

    public UnfinishedMessageTests() => _unfinished = new(_time);

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

        Assert.Equal(["slow: a message was not whole after 60 s"], _ended);
        Assert.Equal(10, _unfinished.Bytes);
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
    public void Parts_TogetherTooLarge_TheLargestEnds()
    {
        var large = Open("large");
        large.Set(90 * MiB, isAnother: false);
        var small = Enumerable.Range(0, 6).Select(i => Open($"{i}")).ToArray();
        foreach (var part in small) part.Set(70 * MiB, isAnother: false);
        Assert.Empty(_ended); // 510 MiB
        small[0].Set(72 * MiB, isAnother: false);
        Assert.Empty(_ended);
        small[0].Set(72 * MiB + 1, isAnother: false);

        Assert.Equal(["large: 512 MiB of messages have begun to come and are not whole, and this one is the longest"], _ended);
        large.Set(100 * MiB, isAnother: false); // it is still being ended
        Assert.Equal(422 * MiB + 1, _unfinished.Bytes);
    }

    [Fact]
    public async Task Reader_CountsWhatHasComeOfAMessage_AndNothingOnceItIsWhole()
    {
        var pipe = new Pipe();
        var reader = new NestingGuard.Reader(pipe.Reader, () => new InvalidOperationException(), unfinished: Open("part"));
        byte[] message = [2, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5];

        await SendAsync(pipe, reader, [.. Greeting, .. message[..9]], take: Greeting.Length);
        Assert.Equal(9, _unfinished.Bytes);
        await SendAsync(pipe, reader, [.. message[9..], .. message[..3]], take: message.Length);
        Assert.Equal(3, _unfinished.Bytes);
        await SendAsync(pipe, reader, [.. message[3..]], take: message.Length);
        Assert.Equal(0, _unfinished.Bytes);
    }

    UnfinishedMessages.Part Open(string name) => _unfinished.Open(reason => _ended.Add($"{name}: {reason}"));

    // In steps, as clocks go.
    void Pass(TimeSpan time)
    {
        for (var gone = TimeSpan.Zero; gone < time; gone += TimeSpan.FromSeconds(1)) _time.Advance(TimeSpan.FromSeconds(1));
    }

    static async Task SendAsync(Pipe pipe, NestingGuard.Reader reader, byte[] bytes, int take)
    {
        await pipe.Writer.WriteAsync(bytes);
        var read = await reader.ReadAsync();
        reader.AdvanceTo(read.Buffer.GetPosition(take), read.Buffer.End);
    }
}
