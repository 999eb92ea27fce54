using CoKe.Storage;

namespace CoKe.Silo;

/// <summary>What a silo is started with.</summary>
/// <param name="SiloPort">Port other silos reach this one by.</param>
/// <param name="GatewayPort">Port trainers and coke connect to.</param>
/// <param name="HttpPort">Port of the health page.</param>
/// <param name="PrimaryPort">Silo port of the first silo; null: this is the first.</param>
/// <param name="File">Where state is kept; null: in memory.</param>
/// <param name="CheckpointInterval">M, steps; null: the usual.</param>
internal sealed record SiloSettings(int SiloPort, int GatewayPort, int HttpPort, int? PrimaryPort, SqliteOptions? File, int? CheckpointInterval);
