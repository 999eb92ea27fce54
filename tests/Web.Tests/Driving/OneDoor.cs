using System.Net;
using CoKe.Grains.Hosting;
using CoKe.Web.Hosting;

namespace CoKe.Web.Tests.Driving;

/// <summary>A silo and its door, both in this process, and somebody who asks. Tests leave it as it is and make runs of their own.</summary>
public sealed class OneDoor : IAsyncLifetime
{
    // No request waits longer, by far: a test that does hangs.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static int _runs;

    public EmbeddedSilo Silo { get; private set; } = null!;

    public DoorHost Door { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public Task InitializeAsync() => StartAsync(null, new DoorOptions());

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await Door.DisposeAsync();
        await Silo.DisposeAsync();
    }

    /// <summary>One of special settings, for one test.</summary>
    public static async Task<OneDoor> OfAsync(Action<ISiloBuilder>? silo = null, DoorOptions? options = null)
    {
        var door = new OneDoor();
        await door.StartAsync(silo, options ?? new DoorOptions());
        return door;
    }

    /// <summary>A new run, under a name that no other test has.</summary>
    /// <param name="change">What is asked for otherwise than usual.</param>
    internal Task<HttpRun> NewRunAsync(Func<RunWords, RunWords>? change = null)
    {
        var words = new RunWords($"run-{Interlocked.Increment(ref _runs)}");
        return HttpRun.CreateAsync(Http, change?.Invoke(words) ?? words);
    }

    /// <summary>A client of the door at another address, or with other headers.</summary>
    public HttpClient Visitor() => Visitor(Door);

    /// <summary>As above, of any door.</summary>
    public static HttpClient Visitor(DoorHost door) =>
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                AllowAutoRedirect = false,
                UseCookies = false,
            }
        )
        {
            BaseAddress = door.Address,
            Timeout = Patience,
        };

    async Task StartAsync(Action<ISiloBuilder>? silo, DoorOptions options)
    {
        Silo = await EmbeddedSilo.StartAsync(silo);
        Door = await DoorHost.StartAsync(Silo.Client, new IPEndPoint(IPAddress.Loopback, 0), options);
        Http = Visitor();
    }
}
