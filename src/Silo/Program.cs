using CoKe.Silo;

return await SiloCommand.RunAsync(args);
