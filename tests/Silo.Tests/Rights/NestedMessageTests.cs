using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using CoKe.Access;
using CoKe.Client;

namespace CoKe.Silo.Tests.Rights;

/// <summary>
/// Who may connect can send objects within objects, which Orleans reads by calls within calls: some 40 KB of them would end the process by
/// a stack that overflows. The silo hangs up instead, and tells it now and then.
/// </summary>
public sealed class NestedMessageTests
{
    const int LengthSize = sizeof(int),
        Times = 22;

    // An object of a field that nobody knows, which whoever reads passes over.
    // Of the first four bytes of a header.
    const byte Request = 1,
        Answer = 2,
        TellsOfOtherPlaces = 0x80;

    const byte UnknownObject = 0x26,
        Reference = 0xc1,
        EndOfObject = 0xe0;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Silo_OfMessagesNestedInBodyAndHeader_HangsUpAndLivesOn()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        var (greeting, header, body) = await RecordAsync(silo.Gateway);

        var nested = Enumerable.Repeat(UnknownObject, 100_000).ToArray();

        for (var i = 0; i < Times; i++)
        {
            // Before the end of the object that it is.
            await SendAsync(silo.Gateway, [.. greeting, .. Message(header, [.. body[..^1], .. nested])]);
            await SendAsync(silo.Gateway, [.. greeting, .. Message([.. header, .. nested], body)]);
            await SendAsync(silo.Gateway, [.. greeting, .. Message(header, [.. body[..^1], .. Chained(10_000)])]);
        }

        Assert.Equal((HttpStatusCode.OK, "ready"), await silo.HealthAsync());
        await using (var client = await CokeClient.ConnectAsync(new CokeConnection { Gateways = [silo.Gateway] }))
            Assert.Empty(await client.ListRunsAsync());
        var told = silo
            .Output.Split('\n')
            .Where(line => line.Contains("connections were ended so far", StringComparison.Ordinal))
            .ToArray();
        Assert.Equal(7, told.Length); // of 66: the first, second, fourth, up to the sixty-fourth
        Assert.All(told, line => Assert.Contains("in each other", line));
    }

    [Fact]
    public async Task Silo_OfAnAnswer_OfNewsOfGrains_AndOfASilosOwnClient_HangsUp()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        var (greeting, header, body) = await RecordAsync(silo.Gateway);
        Assert.Equal(Request, header[2] & 0x0f); // the direction is where it is looked for
        byte[] answer = [.. header],
            news = [.. header],
            hosted = [.. greeting];
        answer[2] = (byte)((answer[2] & 0xf0) | Answer);
        news[0] |= TellsOfOtherPlaces;
        "hosted-"u8.CopyTo(hosted.AsSpan(NameIn(greeting)));

        await SendAsync(silo.Gateway, [.. greeting, .. Message(answer, body)]);
        await SendAsync(silo.Gateway, [.. greeting, .. Message(news, body)]);
        await SendAsync(silo.Gateway, hosted);
        await SendAsync(silo.Gateway, hosted, pieces: 7);

        await using (var client = await CokeClient.ConnectAsync(new CokeConnection { Gateways = [silo.Gateway] }))
            Assert.Empty(await client.ListRunsAsync());
        Assert.Contains("1 connections were ended so far for a message that cannot be read, the last one from 127.0.0.1:", silo.Output);
        Assert.Contains("with an answer comes from a client", silo.Output);
        Assert.Contains("with news of where grains are comes from a client", silo.Output);
        Assert.Contains("4 connections were ended so far", silo.Output);
        Assert.Contains("the name of a silo's own client", silo.Output);
    }

    // Objects in an array that nobody knows, each of which refers to the next.
    static IEnumerable<byte> Chained(int count) =>
        [
            UnknownObject,
            .. Enumerable.Repeat((byte[])[UnknownObject, Reference, 0x03, EndOfObject], count).SelectMany(link => link),
            EndOfObject,
        ];

    // A client's name is drawn: so many digits in a row are nothing else.
    static int NameIn(byte[] greeting)
    {
        const int digits = 16;
        for (var at = 0; ; at++)
            if (greeting.AsSpan(at, digits).IndexOfAnyExcept("0123456789abcdef"u8) < 0)
                return at;
    }

    static byte[] Message(byte[] header, byte[] body) =>
        [.. BitConverter.GetBytes(header.Length), .. BitConverter.GetBytes(body.Length), .. header, .. body];

    // Sends all, and waits until the silo hangs up.
    static async Task SendAsync(IPEndPoint silo, byte[] bytes, int pieces = 1)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(silo);
        var stream = client.GetStream();
        try
        {
            foreach (var piece in bytes.Chunk((bytes.Length + pieces - 1) / pieces))
                await stream.WriteAsync(piece);

            await stream.CopyToAsync(Stream.Null).WaitAsync(Patience);
        }
        catch (IOException)
        {
            // hung up before it had read all
        }
        catch (SocketException) { }
    }

    // What an honest client says first: who it is, and its first message.
    static async Task<(byte[] Greeting, byte[] Header, byte[] Body)> RecordAsync(IPEndPoint silo)
    {
        using var relay = new TcpListener(IPAddress.Loopback, 0);
        relay.Start();
        using var giveUp = new CancellationTokenSource();
        var connecting = CokeClient.ConnectAsync(new CokeConnection { Gateways = [(IPEndPoint)relay.LocalEndpoint] }, giveUp.Token);
        using var client = await relay.AcceptTcpClientAsync();
        using var server = new TcpClient();
        await server.ConnectAsync(silo);
        _ = server.GetStream().CopyToAsync(client.GetStream());
        var greeting = await PassAsync(await LengthsAsync(1));
        var lengths = await LengthsAsync(2);
        var message = await PassAsync(lengths);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => connecting); // its message was taken
        var header = BinaryPrimitives.ReadInt32LittleEndian(lengths);
        return (greeting, message[(2 * LengthSize)..(2 * LengthSize + header)], message[(2 * LengthSize + header)..]);

        async Task<byte[]> LengthsAsync(int count)
        {
            var read = new byte[count * LengthSize];
            await client.GetStream().ReadExactlyAsync(read).AsTask().WaitAsync(Patience);
            return read;
        }

        async Task<byte[]> PassAsync(byte[] lengths)
        {
            var length = 0;
            for (var at = 0; at < lengths.Length; at += LengthSize)
                length += BinaryPrimitives.ReadInt32LittleEndian(lengths.AsSpan(at));
            var content = new byte[length];
            await client.GetStream().ReadExactlyAsync(content).AsTask().WaitAsync(Patience);
            byte[] all = [.. lengths, .. content];
            await server.GetStream().WriteAsync(all);
            return all;
        }
    }
}
