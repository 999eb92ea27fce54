using System.Diagnostics;
using System.Net;
using CoKe.Access;

namespace CoKe.Faults.Tests.Cluster;

/// <summary>A machine of a <see cref="SiloNetwork"/>.</summary>
/// <param name="Namespace">The network namespace that has its interface.</param>
/// <param name="Address">Of that interface.</param>
sealed record Machine(string Namespace, IPAddress Address);

/// <summary>
/// Two machines on a switch of their own, as network namespaces of this one, and ways between them that can be cut in one direction. What
/// is cut goes to a hardware address that nobody has: it is sent and never arrives, and nobody hears of it. The tests and the database are
/// at the switch, each by an address of its own. Only root can make it.
/// </summary>
sealed class SiloNetwork : IAsyncDisposable
{
    const string Nobody = "02:00:00:00:00:fe";

    static readonly string _s_name = $"coke{Environment.ProcessId % 100_000}";

    // Of a range that tests of networks may take (RFC 2544).
    static readonly string _s_net = $"198.18.{Environment.ProcessId % 250}";

    readonly string _folder = Directory.CreateTempSubdirectory("coke-network-").FullName;

    SiloNetwork() => File.WriteAllText(TokenFile, Secret);

    static string Secret { get; } = new('n', AccessToken.LeastLength * 2);

    public AccessToken Token { get; } = new(Secret);

    public string TokenFile => Path.Combine(_folder, "token");

    public IReadOnlyList<Machine> Machines { get; } =
    [.. Enumerable.Range(0, 2).Select(i => new Machine($"{_s_name}-{i}", IPAddress.Parse($"{_s_net}.{11 + i}")))];

    /// <summary>Where the database is.</summary>
    public IPAddress Database { get; } = IPAddress.Parse($"{_s_net}.2");

    public static async Task<SiloNetwork> MakeAsync()
    {
        var network = new SiloNetwork();
        try
        {
            await IpAsync($"link add {_s_name} type bridge");
            await IpAsync($"addr add {_s_net}.1/24 dev {_s_name}");
            await IpAsync($"addr add {network.Database}/24 dev {_s_name}");
            await IpAsync($"link set {_s_name} up");
            foreach (var (machine, i) in network.Machines.Select((machine, i) => (machine, i)))
            {
                await IpAsync($"netns add {machine.Namespace}");
                await IpAsync($"link add {_s_name}v{i} type veth peer name eth0 netns {machine.Namespace}");
                await IpAsync($"link set {_s_name}v{i} master {_s_name} up");
                await IpAsync($"-n {machine.Namespace} addr add {machine.Address}/24 dev eth0");
                await IpAsync($"-n {machine.Namespace} link set eth0 up");
                await IpAsync($"-n {machine.Namespace} link set lo up");
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a machine sends to an address gets lost.</summary>
    public static Task CutAsync(Machine from, IPAddress to) =>
        IpAsync($"-n {from.Namespace} neigh replace {to} lladdr {Nobody} dev eth0 nud permanent");

    /// <summary>It arrives again.</summary>
    public static Task MendAsync(Machine from, IPAddress to) => IpAsync($"-n {from.Namespace} neigh del {to} dev eth0");

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in Machines)
            await IpAsync($"netns del {machine.Namespace}", isNeeded: false);
        await IpAsync($"link del {_s_name}", isNeeded: false);
        Directory.Delete(_folder, recursive: true);
    }

    static async Task IpAsync(string line, bool isNeeded = true)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", line) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (isNeeded && process.ExitCode != 0)
            throw new InvalidOperationException($"ip {line} ended with {process.ExitCode}: {said}");
    }
}

/// <summary>A test in a <see cref="SiloNetwork"/>: takes part in the whole form of the tests, where it can.</summary>
sealed class NetworkTheoryAttribute : TheoryAttribute
{
    public NetworkTheoryAttribute()
    {
        if (!Length.IsWhole)
            Skip = "Takes minutes: './test.sh --all' runs it.";
        else if (!Environment.IsPrivilegedProcess)
            Skip = "Only root can make network namespaces.";
        else if (!CanMake())
            Skip = "This machine makes no network namespaces: install iproute2, and in a container allow CAP_SYS_ADMIN.";
    }

    static bool CanMake()
    {
        try
        {
            SiloNetwork.MakeAsync().GetAwaiter().GetResult().DisposeAsync().AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
